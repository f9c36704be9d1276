"""Evidence that a text says is there, and how long somebody lay ill: whoever invents, invents both.

Only a claim counts: `有考勤表、录音为证` does, `建议收集考勤表` and `未提交考勤表` do not.  Told
is what the teller's words come near to: who tells of a transfer has a record of it.
"""

import re
from collections.abc import Iterator

from lawvault.proof.figures import Figure, figures

_KINDS = {
    "(?:微信)?聊天(?:记录|截图)|微信(?:记录|截图|对话)": "微信|聊天|QQ|钉钉|截图",
    "短信(?:记录|截图|内容)?": "短信",
    "(?:电子)?邮件(?:往来|截图|记录)?": "邮件|邮箱",
    "通话(?:记录|录音)": "通话|电话|录音",
    "录音(?:资料|文件|证据|光盘)?": "录音",
    "(?:监控)?录像|监控(?:视频|画面|记录)|视频资料": "录像|监控|视频|摄像",
    "(?:现场)?照片": "照片|拍照|相片|图片|拍摄",
    "考勤(?:打卡)?(?:表|记录)|打卡记录": "考勤|打卡",
    "(?:银行|工资|账户|交易)+(?:流水|明细)(?:明细|单|记录)?|流水明细": (
        "流水|银行|转账|明细|打款|汇款|工资卡|账户|账号|转入|汇入"
    ),
    "(?:银行)?(?:转账|汇款|付款|支付)(?:记录|凭证|截图|回单)": (
        "转账|汇款|银行|微信|支付宝|打款|流水|付款|支付|交付|转入|汇入"
    ),
    "工资(?:条|单|表)": "工资条|工资单|工资表|工资明细",
    "借条|欠条|借据": "借条|欠条|借据|出具",
    "收条|收据": "收条|收据|出具",
    "(?:增值税)?发票": "发票|开票|票据",
    "送货单|收货单|签收单|出库单|入库单": "送货|收货|签收|交货|发货|出库|入库|验收",
    "对账单|结算单": "对账|结算",
    "(?:物流|快递)(?:单|记录|信息)": "物流|快递|邮寄|寄出|EMS",
    "证人证言": "证人|证言|作证|目睹|在场|见证",
    "(?:住院|门诊)?病历(?:资料)?|诊断证明书?|出院(?:小结|记录)|医疗费(?:票据|发票|收据)": (
        "病历|诊断|住院|医院|就医|出院|医疗|门诊|受伤|治疗|抢救"
    ),
    "工伤认定(?:决定)?书": "工伤",
    "(?:伤残|司法|质量)?鉴定(?:意见书?|报告|结论)": "鉴定|评定",
    "社保(?:缴费|缴纳|参保)?(?:记录|清单|证明)": "社保|社会保险",
    "工作证(?!件)|工牌|门禁卡|入职登记表": "工作证|工牌|门禁|入职登记",
    "报警(?:记录|回执)|出警记录|事故认定书": "警|派出所|公安|事故",
    "公证书": "公证",
}
_KIND = "|".join(f"(?:{kind})" for kind in _KINDS)
_RUN = re.compile(
    rf"(?:{_KIND})(?:(?:[、，]|以及|及|和|与)?(?:双方|相关|部分)?(?:的)?(?:{_KIND}))*"
)
_ONE = re.compile(_KIND)
_STEMS = [(re.compile(kind), re.compile(stems, re.IGNORECASE)) for kind, stems in _KINDS.items()]
_CLAIMED_BEHIND = re.compile(
    r"(?:等)?(?:原件|复印件|截图|打印件|一份|[0-9]+[份张页]|若干)?(?:[（(][^）)\n]{1,16}[）)])?"
    r"(?:等)?(?:证据|材料|书证|资料|在内|附卷)*[，,：:]?"
    r"(?:(?:用以|用于|拟|以|可以|可|足以|均|能够?|共同|相互|已|亦|也|予以|所|证明(?:目的|对象)[：:]?)*+)"
    r"(?:为证|佐证|作证|为凭|证明|证实|印证|在案|显示|载明|记载|反映|表明|在卷)"
)
_CLAIMED_BEFORE = re.compile(
    r"(?:现?有|附有?|已?提交了?|提供了|举示了?|出示了?|持有|保留有|存有)"
    r"(?:如下|以下|下列|相关|证据|：|:|的|双方|原告|被告|申请人|其|本人|公司|\s)*\Z"
)
_NO_CLAIM = re.compile(
    r"应当|应(?=提供|提交|出示|由|就|对|予|包括|有)|须|需要?(?=提供|提交|补充|准备|收集)|建议|如(?!下)|若(?!干)|"
    r"可以?(?=要求|申请|提供|提交|通过|凭|用|以|收集|调取)|[未没无](?=提供|提交|出示|举示|能|有|任何|保留)|不能|"
    r"缺[乏少]|尚|请(?!求)|收集|补充|准备|负有|是否|不足以|为准|调取|伪造|虚假"
)
_STATE = re.compile(
    r"(?:住院|误工|护理|卧床|休养|病休|旷工|昏迷|停工)"
    r"(?:治疗|观察|期间?|时间|共计|共|长达|了|达|约|累计|连续|为)*\Z"
)
_NO_STATE = re.compile(
    r"规定|约定|如果|如(?!下)|若(?!干)|每|不得|应当|可以|超过|满|制度|手册|条例|主张|不足"
)
_SENTENCE_ENDS = "。；！？\n"
_NEAR = 200  # characters of a sentence that are looked at on each side


def claimed(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each kind of evidence that a text says is there.

    >>> [text[a:b] for text in ["有考勤表、录音为证。建议收集发票。"] for a, b in claimed(text)]
    ['考勤表', '录音']
    """
    for run in _RUN.finditer(text):
        before, behind = _sentence(text, *run.span())
        is_claim = _CLAIMED_BEHIND.match(behind) or _CLAIMED_BEFORE.search(before)
        if is_claim and not _NO_CLAIM.search(before) and "为准" not in behind:
            yield from (one.span() for one in _ONE.finditer(text, *run.span()))


def comes_near(evidence: str, told: str) -> bool:
    """Say whether what was told comes near to a kind of evidence.

    >>> comes_near("银行流水", "三月五日转账五万元"), comes_near("考勤表", "三月五日转账五万元")
    (True, False)
    """
    return any(kind.fullmatch(evidence) and near.search(told) for kind, near in _STEMS)


def lasting(text: str) -> Iterator[Figure]:
    """Yield how long somebody lay in hospital, was off work and the like, as a text says.

    >>> [text[one.start : one.end] for text in ["原告住院七天。"] for one in lasting(text)]
    ['七天']
    """
    for one in figures(text):
        if one.kind not in ("日", "月", "小时") or one.bound:
            continue
        before, behind = _sentence(text, one.start, one.end)
        if _STATE.search(before) and not _NO_STATE.search(before) and not behind.startswith("的，"):
            yield one


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands near before and behind a place in its sentence."""
    before, behind = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    first = max(map(before.rfind, _SENTENCE_ENDS)) + 1
    last = min((at for mark in _SENTENCE_ENDS if (at := behind.find(mark)) >= 0), default=_NEAR)
    return before[first:], behind[:last]
