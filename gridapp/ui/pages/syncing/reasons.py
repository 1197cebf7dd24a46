"""Why something was not accepted and what can be done, in words, by the server's codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from gridapp.i18n import language, tr
from gridapp.store.views.decided import ALREADY_DECIDED, Before
from gridapp.store.views.saves import Save


class Cure(Enum):
    """What helps."""

    CORRECT = auto()  # open what was written and mend it
    LOOK = auto()  # open it and see what others did
    AGAIN = auto()  # send it once more, when something has changed
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Reason:
    """``why`` and ``remedy`` in the user's language."""

    why: str
    remedy: str
    cure: Cure


_TELL_HEAD = "内容没有丢，已交到那边的网格长和社区。收下还是退回，会在这里告诉你。"
_GONE = "它已不在这台电脑上，打不开了。请导出，交给现在管那里的网格员或社区来记。"
_REASONS: dict[str, tuple[str, str, Cure]] = {
    "role_ended": (
        "你在那里的任职已结束，这条还没有登进档案。",
        _TELL_HEAD,
        Cure.AGAIN,
    ),
    "moved_away": ("这一户已划到别的网格，这条还没有登进档案。", _TELL_HEAD, Cure.AGAIN),
    "waits_for_owner": (
        "它所属的那条还没有收下，这条一起等着。",
        "那条收下以后，这条自动跟上。",
        Cure.AGAIN,
    ),
    "waits_for_photo": (
        "处置的照片还没有传到，这次验收先等着。",
        "照片一到就自动验收，不用再办。",
        Cure.AGAIN,
    ),
    "parked": ("这条不归你管了，先存着，没有登进档案。", _TELL_HEAD, Cure.AGAIN),
    "returned": (
        "网格长退回了这条。",
        "请看他写的话，改好再保存；用不着了就点“知道了”。",
        Cure.CORRECT,
    ),
    "replaced": ("后来又传了一次，按后来的算。", "请打开看看。", Cure.LOOK),
    "not_allowed": (
        "这条不归你改。",
        "需要改时请告诉网格长或社区；归你管以后可以再传一次。",
        Cure.AGAIN,
    ),
    "step_not_allowed": ("这一步不由你来办。", "写的内容还在本机，可以导出留底。", Cure.LOOK),
    "step_no_longer_fits": (
        "别人先办了这一步。",
        "请打开事件看看；写的内容还在本机，可以导出留底。",
        Cure.LOOK,
    ),
    "already_merged": ("别人已把这一户并到另一户了。", "请打开看看。", Cure.LOOK),
    "merge_impossible": (
        "这两户不能合并：其中一户已不在，或不在同一个网格。",
        "两户都还在，请打开看看。",
        Cure.LOOK,
    ),
    "already_decided": (
        "别人先选好了，按先选的算。",
        "请打开看看；要改，就在那里再改一次。",
        Cure.LOOK,
    ),
    "note_missing": ("退回没有写明原因。", "请打开看看，写明原因再退回。", Cure.LOOK),
    "not_the_sender": (
        "不能用别人的名义记。",
        "请用自己的名字重记，或请本人来记。",
        Cure.LOOK,
    ),
    "id_taken": ("编号和别的记录撞了。", "请导出留底，告诉区管理员。", Cure.NONE),
    "fixed_field": ("已有的照片不能换成另一张。", "请把新照片另加一张。", Cure.LOOK),
    "append_only": ("办过的步骤不能再改。", "请补一条说明。", Cure.LOOK),
    "required": ("有一项没有填。", "请打开补上再保存。", Cure.CORRECT),
    "bad_value": ("有一项的内容不对。", "请打开改正再保存。", Cure.CORRECT),
    "too_long": ("有一项写得太长。", "请打开缩短再保存。", Cure.CORRECT),
    "bad_id_number": ("证件号码不对。", "请对照证件改正再保存。", Cure.CORRECT),
    "id_without_kind": ("填了号码，却选了没有证件。", "请对照证件改正再保存。", Cure.CORRECT),
    "id_disagrees": (
        "证件号码和出生日期或性别对不上。",
        "请对照证件改正再保存。",
        Cure.CORRECT,
    ),
    "derived_field": ("有一项是自动算的，不能改。", "请区管理员来装新版本。", Cure.NONE),
    "bad_operation": (
        "这台电脑上的程序可能太旧，服务器收不下这一条。",
        "请区管理员来装新版本，再传一次；也可以先导出留底。",
        Cure.AGAIN,
    ),
    "purged": (
        "有关的资料已按要求清除，这条不再收。",
        "看过后点“知道了”，本机留的这条和照片也清掉。",
        Cure.NONE,
    ),
    "set_aside": ("这台电脑停用以后，这条由管理员另外处理了。", "不用再办。", Cure.NONE),
    "unknown_kind": (
        "服务器还没有升级，收不下这一类。",
        "请导出留底，告诉区管理员；服务器升级后再传一次。",
        Cure.AGAIN,
    ),
}


# Decisions about late work that were not taken: the work itself waits on.
_OF_DECISIONS: dict[str, tuple[str, str, Cure]] = {
    "not_allowed": (
        "这一条现在不归你定，没有按你的意思办。",
        "它还在等着，由现在的网格长或社区来定。",
        Cure.LOOK,
    ),
    ALREADY_DECIDED: (
        "这一条别人先定了，按先定的算，没有按你的意思办。",
        "不用再办。怎么定的，问问网格长或社区。",
        Cure.NONE,
    ),
}


def reason(save: Save) -> Reason:
    """Why a save was not accepted and what helps; an unknown code is shown as it is."""
    if save.main.entity == "review" and (said := _OF_DECISIONS.get(save.code)):
        if save.before is not None:
            return _decided_before(save.before, left=save.left)
        return Reason(tr(said[0]), tr(said[1]), said[2])
    known = _REASONS.get(save.code) or (_REASONS["parked"] if save.parked else None)
    if known is None:
        return Reason(
            tr("没有收下（{code}）。").format(code=save.code or save.main.state),
            tr("可以导出留底，问问社区，或再传一次。"),
            Cure.AGAIN,
        )
    why = tr(known[0])
    if save.code == "returned":
        why = tr("{who}退回了这条。").format(who=who_decided(save))
    if note := note_words(save):
        why += (" " if language() == "en" else "") + note
    if save.left and known[2] in (Cure.CORRECT, Cure.LOOK):
        return Reason(why, tr(_GONE), Cure.NONE)
    return Reason(why, tr(known[1]), known[2])


def _decided_before(before: Before, *, left: bool) -> Reason:
    """Somebody decided about the same work first: who, how, and what can be done now."""
    if before.again:
        return Reason(
            tr("记录的人自己又传了一次，按后传的算，没有按你的意思办。"),
            tr("不用再办。"),
            Cure.NONE,
        )
    who = tr("你在另一台电脑上") if before.mine else before.who or tr("别人")
    if not before.accepted:
        why = tr("{who}先退回了，按先定的算，没有按你的意思办。").format(who=who)
        remedy = tr("不用再办：记录的人改好会再传上来，那时再定。")
    else:
        took = tr("{who}先收下了，按先定的算，没有按你的意思办。")
        otherwise = tr("{who}改了再收，按先定的算，没有按你的意思办。")
        why = (otherwise if before.changed else took).format(who=who)
        remedy = tr("已经登进档案。有不对的，请打开来改。")
    if before.note:
        why += (" " if language() == "en" else "") + tr("写的是：“{note}”").format(note=before.note)
    return Reason(why, remedy, Cure.LOOK if before.accepted and not left else Cure.NONE)


def who_decided(save: Save) -> str:
    """Who decided about late work: by name where it is known here."""
    return save.head or tr("网格长")


def note_words(save: Save) -> str:
    """What was written beside the decision, "" where nothing was."""
    return tr("他写道：“{note}”").format(note=save.note) if save.note else ""


def whom_it_waits_for(save: Save) -> str:
    """Who or what decides about work that is not accepted yet, "" where nothing is open."""
    if not save.parked:
        return ""
    awaited = {"waits_for_photo": tr("等照片传到"), "waits_for_owner": tr("等前面那条")}
    return awaited.get(save.code) or tr("等网格长或社区决定")
