"""Places where the code is broken on purpose, the statement of the design that breaks with each, and who should notice.

``old`` stands exactly once in the file; where the code changed since, the mutant says so and is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One break. ``tests``: arguments of pytest."""

    name: str
    statement: int
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


HISTORIES = "tests/sync/test_histories.py"
FORKS, PULL = "tests/sync/test_forks.py", "tests/sync/test_pull.py"
SCOPE, MOTION = "tests/sync/test_scope.py", "tests/sync/test_scope_in_motion.py"
DIGEST, RESTORING = "tests/sync/test_digest.py", "tests/sync/test_restoring.py"
POWER = ("tests/proof/test_power_loss.py", "-k", "in_a_save or log_begins")
SQLITE = ("-k", "not postgres")

MUTANTS = (
    # --- merging ----------------------------------------------------------------------------------
    Mutant(
        "the last writer wins",
        6,
        "gridapp/sync/merge.py",
        "    if current in (start, before, after):",
        "    if True or current in (start, before, after):",
        (HISTORIES, *SQLITE),
    ),
    Mutant(
        "a chain that was undone leaves its conflict",
        7,
        "gridapp/sync/merge.py",
        "undone = after == first",
        "undone = after == first and held is None",
        (HISTORIES, "-k", "history_10 and not postgres"),
    ),
    Mutant(
        "sets are overwritten whole",
        7,
        "gridapp/sync/merge.py",
        "result.values[name] = merged_set(current, start, after)",
        "result.values[name] = after",
        ("tests/sync/test_merge.py",),
    ),
    Mutant(
        "a refused predecessor still counts",
        7,
        "gridapp/sync/merge.py",
        "    if link is not None and not link.stands:\n        return link.start",
        "    if link is not None and not link.stands:\n        return change.before",
        ("tests/sync/test_outcomes.py", HISTORIES, "-k", "chain and not postgres"),
    ),
    # --- judging and writing on the server --------------------------------------------------------
    Mutant(
        "an operation is judged again when it comes again",
        3,
        "gridapp/server/batch.py",
        "            fresh = {o.op_id: o for o in part.sent if o.op_id not in part.known}",
        "            fresh = {o.op_id: o for o in part.sent}",
        (HISTORIES, "-k", "history_01 and not postgres"),
    ),
    Mutant(
        "outcomes of others are told",
        13,
        "gridapp/server/batch.py",
        "own = row.device_id == part.sender.device_id",
        "own = True",
        ("tests/sync/test_surface.py", "tests/sync/test_batches.py", "tests/sync/test_outcomes.py"),
    ),
    Mutant(
        "later operations of a batch are judged first",
        7,
        "gridapp/server/batch.py",
        "key=lambda o: (o.counter, o.op_id))",
        "key=lambda o: (-o.counter, o.op_id))",
        (HISTORIES, "-k", "history_10 and not postgres"),
    ),
    Mutant(
        "an edit of what is not in reach is taken",
        13,
        "gridapp/server/judge.py",
        "        self.bounds.check_scope(kind, operation)\n        self.bounds.check_fixed(kind, row, changes)\n"
        "        result = judge(",
        "        self.bounds.check_fixed(kind, row, changes)\n        result = judge(",
        (SCOPE, "tests/sync/test_outcomes.py", *SQLITE),
    ),
    Mutant(
        "a deletion does not ask who changed the record",
        6,
        "gridapp/server/judge.py",
        '        if row["version"] == operation.base_version:\n            return False',
        "        if True:\n            return False",
        (HISTORIES, "-k", "history_14 and not postgres"),
    ),
    Mutant(
        "a deletion does not ask what was created beneath",
        6,
        "gridapp/server/deletions.py",
        "return {(name, key) for key, name in found.items() if key not in own}",
        "return set()",
        (HISTORIES, "-k", "history_14 and not postgres"),
    ),
    Mutant(
        "a visit under a deleted household stays invisible",
        6,
        "gridapp/server/grounds.py",
        '    return {"deleted": 0} | elsewhere',
        "    return {} | elsewhere",
        (HISTORIES, "-k", "history_14 and not postgres"),
    ),
    Mutant(
        "an echo does not say below which version more lies than was sent",
        4,
        "gridapp/server/pages.py",
        "        run_from or 0,",
        "        0,",
        ("tests/sync/test_simulator.py", "-k", "failed_once"),
    ),
    Mutant(
        "late work is refused, not parked",
        8,
        "gridapp/server/bounds.py",
        '            return Refused(Verdict.PARKED, "role_ended")',
        '            return Refused(Verdict.REJECTED, "role_ended")',
        ("tests/sync/test_reviews.py", *SQLITE),
    ),
    Mutant(
        "a choice is taken although the values changed",
        6,
        "gridapp/server/decisions.py",
        '    if not holds or (row["deleted"]',
        '    if False and not holds or (row["deleted"]',
        ("tests/sync/test_decisions.py", *SQLITE),
    ),
    Mutant(
        "what waits for an owner is not judged again",
        8,
        "gridapp/server/rejudging.py",
        "        elif _creates(operation, judged) or (",
        "        elif False and _creates(operation, judged) or (",
        ("tests/sync/test_reviews.py", "tests/sync/test_outcomes.py", *SQLITE),
    ),
    Mutant(
        "a purged record is made again",
        10,
        "gridapp/server/judge.py",
        "            if operation.record_id in self.workspace.purged:\n                raise",
        "            if False and operation.record_id in self.workspace.purged:\n                raise",
        ("tests/sync/test_purge.py", *SQLITE),
    ),
    # --- feed, pages, scope -----------------------------------------------------------------------
    Mutant(
        "what left a channel is not said there",
        12,
        "gridapp/server/feed.py",
        "        plan += [(key, n, True) for n, removed in rows.items() if not removed and n not in names]\n",
        "",
        (HISTORIES, "-k", "history_05 and not postgres"),
    ),
    Mutant(
        "totals forget what a row was before",
        4,
        "gridapp/server/feed.py",
        "counter[2] = added(counter[2], now, -before[1] if before else 0)",
        "counter[2] = added(counter[2], now)",
        (DIGEST, *SQLITE),
    ),
    Mutant(
        "the counter of a channel is read without a lock",
        5,
        "gridapp/server/feed.py",
        '    sql += " FOR UPDATE" if database.is_postgres else ""',
        "    pass",
        (HISTORIES, "tests/sync/test_many_writers.py", "-k", "postgres and not slow"),
    ),
    Mutant(
        "a page ends beyond its rows",
        5,
        "gridapp/server/pages.py",
        "    return Page(name, start, end,",
        "    return Page(name, start, end + 1,",
        (PULL, *SQLITE),
    ),
    Mutant(
        "bodies of what is not granted are sent",
        13,
        "gridapp/server/pages.py",
        "feed.c.removed == 0, feed.c.channel_id.in_(ids)\n            )\n            statement",
        "feed.c.removed == 0\n            )\n            statement",
        (HISTORIES, "-k", "history_06 and not postgres"),
    ),
    Mutant(
        "a role that ended still reads",
        12,
        "gridapp/server/author.py",
        "            if holding.ended and not once:",
        "            if holding.ended and False:",
        (SCOPE, MOTION, *SQLITE),
    ),
    Mutant(
        "a revoked device goes on with its token",
        12,
        "gridapp/server/sessions.py",
        "    if revoked_at is not None:\n        raise Rejection",
        "    if False and revoked_at is not None:\n        raise Rejection",
        ("tests/sync/test_sessions.py", "-k", "revok and not postgres"),
    ),
    Mutant(
        "anybody may download a photo by its digest",
        13,
        "gridapp/server/blobs.py",
        "                feed.c.channel_id.in_(part),\n                created(),\n            )\n        ).first()",
        "                created(),\n            )\n        ).first()",
        (SCOPE, "tests/sync/test_photos.py", *SQLITE),
    ),
    Mutant(
        "a push need not be signed",
        13,
        "gridapp/server/app.py",
        "    if not auth.signed(device.public_key, body, asked.from_hex(signature)):\n        raise",
        "    if False:\n        raise",
        ("tests/sync/test_sessions.py", "tests/sync/test_surface.py"),
    ),
    # --- restores, copies -------------------------------------------------------------------------
    Mutant(
        "a restored database is not noticed",
        10,
        "gridapp/server/restoring.py",
        "    return marked is not None and connection.scalar(select(log).where(log == marked)) is None",
        "    return False",
        (RESTORING, *SQLITE),
    ),
    Mutant(
        "anything that is handed back is believed",
        10,
        "gridapp/server/handback.py",
        "    rows = [(entity, row) for entity, row in rows if macs.valid(server, entity, row)]\n",
        "",
        (RESTORING, *SQLITE),
    ),
    Mutant(
        "a copied database is not noticed",
        11,
        "gridapp/server/forks.py",
        "        sent[counter] != bytes(op_id)\n",
        "        False and sent[counter] != bytes(op_id)\n",
        (FORKS, *SQLITE),
    ),
    Mutant(
        "a client that was set back is not noticed",
        11,
        "gridapp/server/forks.py",
        "behind = epoch == server.epoch and last[0] > counter",
        "behind = False",
        (FORKS, *SQLITE),
    ),
    Mutant(
        "what a comparison misses goes without a question",
        10,
        "gridapp/store/comparison.py",
        "    if _too_many(uow, channel_id, len(guessed), in_all):",
        "    if False:",
        (DIGEST, *SQLITE),
    ),
    # --- the client's store -----------------------------------------------------------------------
    Mutant(
        "commits are not synced to the disk",
        1,
        "gridapp/store/database.py",
        '        "synchronous=FULL",',
        '        "synchronous=NORMAL",',
        POWER,
    ),
    Mutant(
        "a save is not one transaction",
        1,
        "gridapp/store/store.py",
        '            connection.execute("BEGIN IMMEDIATE")',
        '            connection.execute("SELECT 1")',
        ("tests/store/test_unit_of_work.py", "tests/store/test_disk_full.py"),
    ),
    Mutant(
        "a photo is not synced to the disk",
        1,
        "gridapp/store/blobs.py",
        "                file.flush()\n                os.fsync(file.fileno())",
        "                file.flush()",
        POWER,
    ),
    Mutant(
        "the folder of a photo is not synced to the disk",
        1,
        "gridapp/store/blobs.py",
        "            _sync_folder(path.parent)",
        "            pass",
        POWER,
    ),
    Mutant(
        "a refused save comes back after a crash",
        2,
        "gridapp/store/database.py",
        "        connection.execute(\n            \"INSERT INTO meta (key,value) VALUES ('refused'",
        '        connection.execute(\n            "SELECT 1" or "INSERT INTO meta (key,value) VALUES (\'refused\'',
        ("tests/proof/test_disk_faults.py",),
    ),
    Mutant(
        "photos lie plain in their folder",
        15,
        "gridapp/store/blobs.py",
        "nonce + self._cipher.encrypt(nonce, data, digest.encode()))\n        return digest",
        "data)\n        return digest",
        ("tests/store/test_no_plain_text.py", "tests/store/test_blobs.py"),
    ),
    Mutant(
        "a deletion is not sent",
        3,
        "gridapp/store/unit_of_work.py",
        '        self._append(kind, key, record.version, {"deleted": [0, 1, None]}, beneath)',
        "        pass",
        (HISTORIES, "-k", "history_14 and not postgres"),
    ),
    Mutant(
        "before is what the row holds at the moment of saving",
        6,
        "gridapp/store/unit_of_work.py",
        "fields[name] = [before[name], after[name], own]",
        "fields[name] = [current[name], after[name], own]",
        (HISTORIES, "-k", "history_09 and not postgres"),
    ),
    Mutant(
        "own predecessors are not named",
        7,
        "gridapp/store/unit_of_work.py",
        "own = follows[0] if follows and follows[1] == before[name] else None",
        "own = None",
        ("tests/sync/test_outcomes.py", "-k", "chain and not postgres"),
    ),
    Mutant(
        "an old page takes back what is newer",
        5,
        "gridapp/store/server_rows.py",
        "{'>=' if over else '>'} (epoch, version)",
        "{'>=' if over else '>'} (epoch, version) OR 1",
        (PULL, "tests/sync/test_bundle.py", "-k", "old and not postgres"),
    ),
    Mutant(
        "an old page is taken like a new one",
        5,
        "gridapp/store/inbox.py",
        "    if page.end <= cursor and page.start != page.end:",
        "    if False:",
        (PULL, *SQLITE),
    ),
    Mutant(
        "a page with a gap before it is taken",
        5,
        "gridapp/store/inbox.py",
        "    if page.start > cursor:",
        "    if False:",
        (PULL, "tests/sync/test_bundle.py", *SQLITE),
    ),
    Mutant(
        "an older answer replaces a later one",
        8,
        "gridapp/store/inbox.py",
        '            "WHERE op_id=? AND revision<? "',
        '            "WHERE op_id=? AND revision<1000+? "',
        ("tests/sync/test_bundle.py", "-k", "history_18 and not postgres"),
    ),
    Mutant(
        "a record leaves with work on it that waits",
        8,
        "gridapp/store/inbox.py",
        "(SELECT 1 FROM outbox o WHERE o.record_id=l.record_id AND o.state='waiting') \"\n",
        "(SELECT 1 FROM outbox o WHERE o.record_id=l.record_id AND o.state='x') \"\n",
        ("tests/sync/test_saved_meanwhile.py", *SQLITE),
    ),
    Mutant(
        "channels that are not granted any more are kept",
        12,
        "gridapp/sync/taking.py",
        "        inbox.keep_channels(uow, head.channels)",
        "        pass",
        (SCOPE, *SQLITE),
    ),
    Mutant(
        "a value that stands aside is shown as if it stood",
        4,
        "gridapp/store/overlay.py",
        "            continue  # the other value stands until a person decides",
        "            pass",
        (HISTORIES, "-k", "(history_10 or history_16) and not postgres"),
    ),
    Mutant(
        "erased text stays in the search index",
        15,
        "gridapp/store/forgetting.py",
        "    store.write(_merge_index).result()",
        "    pass",
        ("tests/sync/test_forgetting.py",),
    ),
    Mutant(
        "a newer database is opened all the same",
        14,
        "gridapp/store/migrate.py",
        "    elif held not in known:",
        "    elif False:",
        ("tests/store/test_migrate.py",),
    ),
    Mutant(
        "a round goes on for ever after a fault",
        16,
        "gridapp/sync/engine.py",
        "                helped.add(refused.code)",
        "                helped.add('')",
        ("tests/sync/test_sessions.py", *SQLITE),
    ),
    Mutant(
        "the clock of a computer decides what day it is",
        9,
        "gridapp/store/reader.py",
        "            self._today = day_of(likely(self.now, self.last_known))",
        "            self._today = day_of(self.now)",
        ("tests/sync/test_wrong_clock_sync.py",),
    ),
)
