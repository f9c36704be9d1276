"""Events on the wire: whole, in UTF-8, with ids by which one resumes."""

import asyncio
import json

import pytest

from lawvault.serve.agent.sse import EventStream, event_bytes, seq_of
from lawvault.serve.contract import ApiError

RUN = "run-" + "0a" * 16


def test_an_event_is_one_block_with_its_id_its_kind_and_one_line_of_data():
    event = {"seq": 3, "time": 1.5, "kind": "report.delta", "data": {"text": "甲\n\ndata: 乙\r\n"}}

    lines = event_bytes(RUN, event).decode().split("\n")

    assert lines[:2] == [f"id: {RUN}:3", "event: report.delta"]
    assert lines[3:] == ["", ""]
    assert json.loads(lines[2].removeprefix("data: ")) == {"run_id": RUN, **event}


def test_half_a_character_cannot_break_the_stream():
    event = {"seq": 1, "time": 0.0, "kind": "report.delta", "data": {"text": "\ud800甲"}}

    data = event_bytes(RUN, event).decode().split("data: ")[1]

    assert json.loads(data)["data"]["text"] == "\ud800甲"


def test_an_id_comes_back_as_the_number_of_its_event():
    assert seq_of(f"{RUN}:12", RUN) == 12


@pytest.mark.parametrize("wrong", ["", "12", f"{RUN}:", f"{RUN}:1 ", f"{RUN}:１", f"{RUN[:-1]}:1"])
def test_what_is_no_id_is_refused(wrong):
    with pytest.raises(ApiError, match="invalid_event_id"):
        seq_of(wrong, RUN)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["start", "first piece", "second piece"])
def test_whoever_leaves_ends_what_makes_the_pieces_at_once(place):
    ended, sent = [], []

    async def pieces():
        try:
            while True:
                yield b"x"
        finally:
            ended.append(True)

    async def send(message):
        if len(sent) == place:
            raise OSError("gone")
        sent.append(message)

    async def answered():
        with pytest.raises(OSError, match="gone"):
            await EventStream(pieces())({"type": "http"}, None, send)
        assert ended == [True]

    asyncio.run(answered())
