"""What an auditor gets: records, checkpoints and proofs in one file that explains itself and can be verified without this program."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from engine.casework import merkle
from engine.casework.audit import verify
from engine.casework.checkpoint import Checkpoint
from engine.casework.journal import Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from engine.casework.audit import Mark, Tampering

FORMAT: Final = "explain-clearly audit"
VERSION: Final = 1
SORTED: Final = msgspec.json.Encoder(order="sorted")

README: Final = """\
审计导出说明 / About this export

这个文件每行一个 JSON 对象。第一行是说明，最后一行是封签。
Each line of this file is one JSON object. The first one says what it is, the last one seals it.

  {"entry": …}       一条日志记录 / one record of the journal
  {"checkpoint": …}  每小时的检查点 / the checkpoint of an hour
  {"proof": …}       该记录在哪个检查点之内的证明 / proof that a record lies within a checkpoint
  {"end": …}         行数与此前所有字节的 SHA-256 / the number of lines, and the SHA-256 of every byte before

如何核验 / How to verify

1. 封签：此前所有字节（含换行）的 SHA-256 等于 end.sha256。
   The SHA-256 of all bytes before the last line, line ends included, is end.sha256.
2. 记录：去掉 hash、noticed、position、payload 四项，其余写成 JSON（键按字母排序、无空格、UTF-8 不转义），其 SHA-256 等于 hash。
   Take hash, noticed, position and payload out of an entry, write the rest as JSON with sorted keys, without spaces and
   without \\u escapes: its SHA-256 is the entry's hash.
3. 链：每条的 prev 等于同一任务上一条的 hash；第一条的 prev 是 64 个 0；seq 从 1 起连续。
   prev is the hash of the entry before it in the same task, 64 zeros for the first one; seq is 1, 2, 3 … without a gap.
4. 填报内容：payload 按同样方式写成 JSON，其 SHA-256 等于 payload_hash。payload 为空而 payload_hash 不为空，
   表示个人信息已依规清除，同一任务中应有 evidence.erased 记录。
   payload, written the same way, hashes to payload_hash. Where only the hash is left, personal data was erased, and an entry
   evidence.erased of the same task says who did it and why.
5. 检查点：hash 一项置为空串后，同样写成 JSON，其 SHA-256 等于 hash；prev 等于上一个检查点的 hash。
   A checkpoint with its hash set to an empty text hashes to its hash; prev is the hash of the checkpoint before it.
6. 证明：从 sha256(0x00 + hash) 起，逐步与 path 中的值合并：L 在左、R 在右，sha256(0x01 + 左 + 右)，最后等于检查点的 root。
   Begin with sha256(0x00 + hash of the entry as text). With each step of path, L to the left or R to the right of what you have:
   sha256(0x01 + left + right). The end is the root of the checkpoint.
7. 与保存在别处的检查点 hash 比对：只有这样才能发现整体重写或末尾截去。
   Compare the hash of the last checkpoint with the copy that was kept somewhere else. Only that shows whether all was written anew.
"""


class Proof(msgspec.Struct, frozen=True):
    """That a record lies within a checkpoint."""

    task_id: str
    seq: int
    checkpoint: int
    path: list[str]


class Exported(NamedTuple):
    """What an export holds, and what is wrong with it: lines that cannot be read, and records that are not as they were written."""

    entries: list[Entry]
    checkpoints: list[Checkpoint]
    problems: list[str]
    tampered: tuple[Tampering, ...]


def export(entries: Sequence[Entry | Mark], checkpoints: Sequence[Checkpoint], tasks: Collection[str] | None = None) -> Iterator[bytes]:
    """Return the lines of an export, each with its end: of the whole journal, or of some of its tasks with the proof of each record.

    Of the records of other tasks nothing but their mark is needed.
    """
    seal = Seal()
    wanted = [entry for entry in entries if isinstance(entry, Entry) and (tasks is None or entry.task_id in tasks)]
    heading = {
        "format": FORMAT,
        "version": VERSION,
        "readme": README.splitlines(),
        "entries": len(wanted),
        "checkpoints": len(checkpoints),
        "tasks": sorted({entry.task_id for entry in wanted}),
        "whole": tasks is None,
    }
    yield seal.line(heading)
    yield from (seal.line({"entry": entry}) for entry in wanted)
    yield from (seal.line({"checkpoint": one}) for one in checkpoints)
    yield from (seal.line({"proof": one}) for one in proofs(entries, checkpoints, tasks))
    yield SORTED.encode({"end": {"lines": seal.lines, "sha256": seal.digest.hexdigest()}}) + b"\n"


class Seal:
    """Lines as they are written, counted and hashed."""

    def __init__(self) -> None:
        self.digest = sha256()
        self.lines = 0

    def line(self, value: object) -> bytes:
        """Return one more line."""
        written = SORTED.encode(value) + b"\n"
        self.digest.update(written)
        self.lines += 1
        return written


def proofs(entries: Sequence[Entry | Mark], checkpoints: Sequence[Checkpoint], tasks: Collection[str] | None) -> Iterator[Proof]:
    """Return the proof of each wanted record that a checkpoint has seen."""
    for one in checkpoints:
        covered = entries[one.first : one.first + one.count]
        if tasks is not None and not any(entry.task_id in tasks for entry in covered):
            continue
        for entry, way in zip(covered, merkle.proofs([entry.hash for entry in covered]), strict=True):
            if tasks is None or entry.task_id in tasks:
                yield Proof(entry.task_id, entry.seq, one.number, way)


def read_export(lines: Iterable[bytes], anchor: str | None = None) -> Exported:
    """Return what an export holds, and everything that is wrong with it. Never raises."""
    reading = Reading()
    for number, line in enumerate(lines, 1):
        reading.take(number, line)
    return reading.exported(anchor)


class Reading:
    """An export on its way back."""

    def __init__(self) -> None:
        self.digest = sha256()
        self.lines = 0
        self.heading: dict[str, Any] = {}
        self.entries: list[Entry] = []
        self.checkpoints: list[Checkpoint] = []
        self.proofs: list[Proof] = []
        self.problems: list[str] = []
        self.is_sealed = False

    def take(self, number: int, line: bytes) -> None:
        """Take one line."""
        try:
            said = msgspec.json.decode(line)
            if not isinstance(said, dict):
                raise msgspec.ValidationError("expected an object")
            self.sort(number, said)
        except msgspec.MsgspecError as error:
            self.problems.append(f"line {number}: {error}")
        self.digest.update(line)
        self.lines += 1

    def sort(self, number: int, said: dict[str, Any]) -> None:
        """Keep what a line says. Raises msgspec.ValidationError where it says nothing known."""
        if number == 1:
            if said.get("format") != FORMAT or said.get("version") != VERSION:
                raise msgspec.ValidationError(f"this is no export of version {VERSION}")
            self.heading = said
        elif "entry" in said:
            self.entries.append(msgspec.convert(said["entry"], Entry))
        elif "checkpoint" in said:
            self.checkpoints.append(msgspec.convert(said["checkpoint"], Checkpoint))
        elif "proof" in said:
            self.proofs.append(msgspec.convert(said["proof"], Proof))
        elif "end" in said:
            self.is_sealed = said["end"] == {"lines": self.lines, "sha256": self.digest.hexdigest()}
            if not self.is_sealed:
                self.problems.append(f"line {number}: the seal does not fit; lines were changed, taken out or put in")
        else:
            raise msgspec.ValidationError("no record, checkpoint, proof or end")

    def exported(self, anchor: str | None) -> Exported:
        """Return what was read."""
        if not self.is_sealed and not any("seal" in one for one in self.problems):
            self.problems.append("the last line, which seals the file, is missing: the file was cut off")
        self.problems += self.unproved()
        tampered = verify(self.entries, self.checkpoints, anchor) if self.heading.get("whole") else verify(self.entries, (), None)
        return Exported(self.entries, self.checkpoints, self.problems, tampered)

    def unproved(self) -> Iterator[str]:
        """Return proofs that prove nothing."""
        entries = {(one.task_id, one.seq): one for one in self.entries}
        points = {one.number: one for one in self.checkpoints}
        for one in self.proofs:
            entry, point = entries.get((one.task_id, one.seq)), points.get(one.checkpoint)
            if entry is None or point is None or not merkle.proves(entry.hash, one.path, point.root):
                yield f"record {one.seq} of {one.task_id} is not under checkpoint {one.checkpoint}"
