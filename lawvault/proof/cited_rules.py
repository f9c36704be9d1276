"""Sentences that give a figure as the law's: a time limit, a multiple, a bound, somebody's duty.

Not every figure is one.  What a party was paid, agreed on or asks for is a fact, and needs no law.
"""

import re

from lawvault.law.mentions.outside import speaks_of_clause
from lawvault.proof.figures import Figure, strangers
from lawvault.proof.support import blanked

_OTHERS = "合同|协议|约定|章程|制度|手册|公司|单位|双方"
_BY_LAW = re.compile(
    rf"(?:依据|根据|按照|依照|按|依)(?:(?:(?!{_OTHERS})[^，。；：\n]){{0,24}}?(?:司法解释|法律|法规)"
    "|(?:相关|有关|现行|国家|我国|最新|最高人民法院|最高院|司法|劳动|政策|上述|该|的)*规定)"
)
_BOUND = (
    "最长|最短|最高(?!人民|法|院|检)|最低|最多|最少|至多|至少|不得|不(?:能|应|可)?超过"
    "|不低于|不少于|上限|下限"
)
_DUTY = (
    "(?<![相反适对供响效感答呼])应(?![届聘诉急邀收税])|必须|须(?!知)"
    "|需要?(?:在|于|支付|提前|赔|付|满|达到|超过)"
    "|有权|无权|能(?:够)?(?:要求|主张|请求|拿|获|得)|可以?(?:依法)?(?:要求|请求|主张|拿|获|得|约定)"
    "|[要得](?:赔|付)|依法|法律规定|(?<!判)处(?=[^，。；\n]{0,14}(?:徒刑|拘留|管制|拘役))"
)
_PERIOD = (
    "(?:时效|冷静期|除斥期间|上诉期|答辩期|举证期|起诉期|追诉期|产假)"
    "[^，。；\n]{0,6}?[为是有共仅:：|]"
)
_NORM = re.compile(f"{_BOUND}|{_DUTY}")
_RULE = re.compile(f"{_PERIOD}|{_BOUND}|{_DUTY}")
_MULTIPLE = re.compile("工资|赔|补偿|返还|价款|货款|定金|损失|罚")
_TO_THE_USER = re.compile("您|你|本案")
_ADVISED = re.compile("建议|最好|尽量|尽快|不妨|例如|比如|假设|假如|大约|大概|预计|左右|估计")
_CASE = re.compile(
    "[甲乙丙丁]方|本合同|本协议|本函|本所|我所|我方|[贵我]司|贵方|原告|被告|申请人|上诉人|第三人|委托人|判令|裁决书"
    "|请求(?:人民法院|法院|贵院|仲裁|裁决|依法)|律师费|代理费|服务费|报价|质保|保修|合同(?:总)?价|付款|交货|验收|服务期"
    "|(?:合同|协议|双方|各方|当事人)[^，。；\n]{0,6}(?:约定|规定|载明|写明)|章程|手册|(?:规章|管理)制度"
    "|(?<!可以)(?<!不得)(?<!能)约定(?!不明)"
)


def states_rule(words: str, told: str) -> bool:
    """Say whether a sentence gives a figure, which the user did not tell, as some law's.

    >>> states_rule("仲裁时效是三年", ""), states_rule("仲裁时效是三年", "听说时效是三年")
    (True, False)
    >>> states_rule("公司拖欠工资三个月", ""), states_rule("合同约定租期最长三年", "")
    (False, False)
    """
    lead = _BY_LAW.search(words)
    if lead and strangers(words[lead.end() :], [told]):
        return True
    if _CASE.search(words) or _ADVISED.search(words) or speaks_of_clause(words):
        return False
    plain = blanked(words)
    return any(_is_rule(figure, plain) for figure in strangers(plain, [told]))


def _is_rule(figure: Figure, words: str) -> bool:
    if "倍" in words[figure.start : figure.end]:
        return bool(_MULTIPLE.search(words))
    pattern = _NORM if _TO_THE_USER.search(words) else _RULE
    return figure.kind not in ("元", "岁") and bool(pattern.search(words))
