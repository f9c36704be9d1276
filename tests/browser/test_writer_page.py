"""写作 and 复核 in a real browser: from an article found to a file that is signed, and back."""

import json
import re

import pytest

from lawvault.store.material_rows import NewMaterial
from tests.browser.chromium import CHROMIUM
from tests.browser.conftest import text_of
from tests.browser.writer_desk import LAW, desk, part_of, user
from tests.scripted_llm import Fault, Say, Script

__all__ = ["desk", "user"]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")

OPINION = """# 法律意见

## 一、事实

试用期为六个月，入职日期为【入职日期：　】。

## 二、分析

依据[m1]，试用期不得超过一个月。另据《示例劳动法》第九百条，可以要求三倍赔偿。
"""
CHANGED = "## 一、事实\n\n试用期为六个月，超过了法定上限。\n"
LLM = Script(
    phases={
        "起草文书": Say(OPINION),
        "改正段落": Fault.status(500),
        "修改选中部分": Say(CHANGED),
    }
)
ASK = """
await wait(() => $("#compose-form textarea") && $("#compose-form option"));
$("#compose-form textarea[placeholder^='要写什么']").value = "写一份法律意见";
$("#compose-form .primary").click();
"""
ADD = f"""
await post("/v1/materials", {{ items: [{{ article_id: "{LAW}/9" }}] }});
await wait(() => $("#library-body select"));
$("#library-body select").dispatchEvent(new Event("change"));
await wait(() => $(".material .tick input"));
$(".material .tick input").click();
"""
KEPT = "await wait(() => $('#draft:not([hidden]) .chip')?.textContent.startsWith('第 %d 版'));"


def test_an_article_that_was_found_becomes_a_material_beside_notes_in_folders(desk):
    seen, front = desk(
        """
        await wait(() => $("#hits .keep"));
        press("加入材料", "#hits");
        press("收藏", "#hits");
        await wait(() => all("#hits .keep").slice(0, 2).every((one) => one.disabled
          && /已/.test(one.textContent)));
        press("写作", "header");
        await wait(() => $(".material"));
        $("#library-body .manage").open = true;
        $("#library-body .manage input").value = "王某案";
        press("新建文件夹");
        await wait(() => /王某案/.test($("#library-body select").textContent));
        const note = $("#library-body .adding form");
        note.querySelector("textarea").value = "合同写的试用期是六个月。";
        note.requestSubmit();
        await wait(() => all(".material").length === 2);
        all("#library-body .shelf")[1].open = true;
        await wait(() => all("#library-body .shelf")[1].querySelector("li"));
        """,
        at="/?q=试用期",
    )

    library = text_of(part_of(seen, "div", "library-body"))
    assert "《中华人民共和国示例劳动法》第九条" in library
    assert "合同写的试用期是六个月" in library
    assert "王某案（0）" in library
    assert "《示例劳动法》第九条" in library[library.index("收藏的法条") :]
    assert "view=write" in seen.part('aria-current="page"[^>]*>|href="([^"]*)"[^>]*aria-current')[0]
    assert seen.console == ""
    assert [path for method, path, _ in front.asked if method == "PUT"] == ["/v1/favorites"]


def test_a_material_that_the_law_has_left_behind_says_so_and_takes_the_new_words(desk, user):
    place = {"article_id": f"{LAW}/9", "law_id": LAW, "article_number": "第九条"}
    user.materials.add("", [NewMaterial(kind="article", text="试用期不得超过两年。", **place)])
    seen, _ = desk(
        """
        await wait(() => $(".whole"));
        document.body.dataset.before = $(".material").textContent;
        $(".whole").open = true;
        await wait(() => $(".material .diff"));
        document.body.dataset.diff = $(".material .diff").textContent;
        press("更新为现在的条文", "#library-body");
        await wait(() => !/已变更/.test($(".material").textContent));
        """
    )

    assert "已变更" in seen.part('data-before="([^"]*)"')[0]
    assert "试用期不得超过两年" in seen.part('data-diff="([^"]*)"')[0]
    assert "劳动合同期限三个月以上" in text_of(part_of(seen, "div", "library-body"))


def test_a_draft_is_written_checked_filled_in_changed_and_copied_to_word(desk):
    """The clipboard is stood in for: a browser gives its own only to the press of a person."""
    seen, _ = desk(
        ADD
        + ASK
        + KEPT % 1
        + """
        press("入职日期", "#draft .blanks");
        const text = $("#draft > textarea");
        const chosen = text.value.slice(text.selectionStart, text.selectionEnd);
        document.body.dataset.chosen = chosen;
        text.setRangeText("2026年1月5日");
        text.dispatchEvent(new Event("input"));
        press("保存", "#draft");
        """
        + KEPT % 2
        + """
        $("#draft form textarea").value = "写明后果";
        $("#draft form select").value = "一、事实";
        press("修改", "#draft");
        """
        + KEPT % 3
        + """
        document.execCommand = () => {
          const clipboardData = new DataTransfer();
          document.dispatchEvent(new ClipboardEvent("copy", { clipboardData }));
          document.body.dataset.copied = clipboardData.getData("text/html");
          return true;
        };
        press("复制到 Word", "#draft");
        await wait(() => /已复制/.test($("#draft").textContent));
        press("下载 Word", "#draft");
        await wait(() => /已生成/.test($("#draft").textContent));
        document.body.dataset.wanted = all("#draft .tick input").map((one) => one.checked);
        all("#draft .tick input").forEach((one) => one.click());
        press("下载 Word", "#draft");
        await wait(() => /未加批注/.test($("#draft").textContent));
        $(".revisions").open = true;
        await wait(() => all(".revisions li").length === 3);
        """,
        llm_script=LLM,
    )

    assert seen.part('data-wanted="([^"]*)"') == ["true,true"]
    draft = part_of(seen, "section", "draft")
    shown = text_of(draft)
    assert seen.part('data-chosen="([^"]*)"') == ["【入职日期：　】"]
    assert re.search(r'<span class="flag">⚠ 该法无此条</span>', draft)
    assert "须核对 1 处" in shown
    assert "待补充" not in shown
    assert "采用的材料 1 份" in shown
    assert re.search('<p class="gone">.*?入职日期为.*?</p>', draft, re.DOTALL)
    assert re.search('<p class="new">.*?法定上限.*?</p>', draft, re.DOTALL)
    assert "按要求修改 · 写明后果" in shown
    (copied,) = seen.part('data-copied="([^"]*)"')
    assert "mso-" in copied
    assert "已生成《法律意见.docx》" in shown
    assert re.search("文件中未加批注（.*《示例劳动法》第九百条：该法无此条", shown)
    assert "引用法条核验表" in shown
    assert seen.console == ""


def test_a_change_made_elsewhere_is_shown_beside_mine_and_nothing_is_lost(desk):
    seen, _ = desk(
        ASK
        + KEPT % 1
        + """
        const id = new URLSearchParams(location.search).get("draft");
        const headers = { "If-Match": '"1"' };
        await post(`/v1/drafts/${id}`, { markdown: "别处写的" }, { method: "PUT", headers });
        $("#draft > textarea").value = "我写的";
        $("#draft > textarea").dispatchEvent(new Event("input"));
        press("保存", "#draft");
        await wait(() => $(".conflict .diff"));
        document.body.dataset.conflict = $(".conflict").textContent;
        press("保存我的，作为第 3 版", "#draft");
        """
        + KEPT % 3
        + """
        $(".revisions").open = true;
        await wait(() => all(".revisions li").length === 3);
        $(".revisions li:nth-child(2) .copy:last-of-type").click();
        $(".revisions li:nth-child(2) .copy:last-of-type").click();
        """
        + KEPT % 4,
        llm_script=LLM,
    )

    (conflict,) = seen.part('data-conflict="([^"]*)"')
    assert "别处已经保存了第 2 版" in conflict
    assert "别处写的" in conflict
    assert "我写的" in conflict
    assert "<p>别处写的</p>" in part_of(seen, "section", "draft")


def test_stopping_a_draft_keeps_what_was_written(desk):
    slow = Say("慢慢写。\n\n" * 300, split_every=60, pause_s=0.02)
    seen, front = desk(
        ASK
        + """
        await wait(() => /慢慢/.test($(".live .prose")?.textContent || ""));
        press("停止", ".live");
        """
        + KEPT % 1
        + """
        all("#library-body .shelf")[0].open = true;
        await wait(() => $("#library-body .kept li"));
        """,
        llm_script=Script(phases={"起草文书": slow}),
    )

    assert "慢慢写。" in text_of(part_of(seen, "section", "draft"))
    assert "已停止" in text_of(part_of(seen, "div", "library-body"))
    assert [path for method, path, _ in front.asked if path.endswith("/stop")]


def test_without_an_llm_a_template_is_filled_in_and_becomes_a_word_file(desk):
    seen, front = desk(
        ASK
        + """
        await wait(() => /大模型/.test($("#compose-form .notes").textContent));
        document.body.dataset.why = $("#compose-form .notes").textContent;
        const choose = (control, value) => {
          control.value = value;
          control.dispatchEvent(new Event("change", { bubbles: true }));
        };
        choose($("#compose-form select"), "loan_complaint");
        await wait(() => $("[data-slot=interest_rule]"));
        document.body.dataset.before = $("[data-slot=interest_rule]").hidden;
        choose($("[data-slot=interest_claimed] select"), "yes");
        document.body.dataset.after = $("[data-slot=interest_rule]").hidden;
        $("[data-slot=principal] input").value = "很多钱";
        $("[data-slot=plaintiffs] .parts .parts input").value = "赵强";
        press("按模板生成", "#compose-form");
        await wait(() => /不能使用/.test($("#compose-form > .notes").textContent));
        document.body.dataset.said = $("[data-slot=principal] .said").textContent;
        document.body.dataset.focus = document.activeElement.closest("[data-slot]").dataset.slot;
        $("[data-slot=principal] input").value = "200000";
        press("按模板生成", "#compose-form");
        await wait(() => !$("#compose").open);
        press("预览", "#draft");
        press("下载 Word", "#draft");
        await wait(() => /已生成/.test($("#draft").textContent));
        press("保存", "#draft");
        """
        + KEPT % 1
    )

    (why,) = seen.part('data-why="([^"]*)"')
    assert "可以选一个模板" in why
    assert seen.part('data-before="([^"]*)"') == ["true"]
    assert seen.part('data-after="([^"]*)"') == ["false"]
    assert "50000" in seen.part('data-said="([^"]*)"')[0]
    assert seen.part('data-focus="([^"]*)"') == ["principal"]
    draft = part_of(seen, "section", "draft")
    assert "赵强" in text_of(draft)
    assert "200,000" in text_of(draft)
    assert draft.count('class="blank"') > 3
    assert [path for method, path, _ in front.asked if path == "/v1/export"]


def test_a_file_or_a_text_is_checked_again_and_comes_back_with_comments(desk):
    text = "依照《示例劳动法》第九百条可以要求三倍赔偿。根据《示例劳动法》第九条，试用期有上限。"
    seen, _ = desk(
        f"""
        const text = {json.dumps(text)};
        """
        """
        $("#check-form textarea").value = text;
        press("复核", "#check-form");
        await wait(() => $("#check-result .check"));
        document.body.dataset.text = $("#check-result").textContent;
        const file = await post("/v1/export", { markdown: text, title: "旧文书" },
          { headers: { Accept: "application/json" } });
        const bytes = Uint8Array.from(atob(file.content), (char) => char.charCodeAt(0));
        const given = new DataTransfer();
        given.items.add(new File([bytes], "旧文书.docx"));
        $("#check-form .drop").dispatchEvent(new DragEvent("drop", { dataTransfer: given }));
        await wait(() => /存证/.test($("#check-result").textContent));
        press("下载带批注的副本", "#check-result");
        await wait(() => document.body.dataset.file);
        """,
        at="/?view=check",
    )

    (by_text,) = seen.part('data-text="([^"]*)"')
    assert "共 2 处引用，1 处须处理" in by_text
    assert "该法无此条" in by_text
    assert "已按存证逐条比对" in text_of(part_of(seen, "section", "check-result"))
    assert seen.part('data-file="([^"]*)"') == ["旧文书-复核.docx"]
    assert seen.console == ""
