"""What the operating system says of a file, in the user's language."""

from __future__ import annotations

import errno

from gridapp.i18n import tr

_WORDS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "路径中间有一段不是文件夹",
    errno.EISDIR: "这是文件夹",
    errno.EEXIST: "已经有了",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "这里只能读，不能写",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘满了",
    errno.EFBIG: "文件太大",
    errno.ENAMETOOLONG: "名称太长",
    errno.EIO: "磁盘读写出错",
    errno.EBUSY: "正被别的程序使用",
    errno.ELOOP: "链接绕成了圈",
}


def of(error: OSError) -> str:
    """Why it failed; what is not known by words is said by its number."""
    known = _WORDS.get(error.errno or 0)
    return tr(known) if known else tr("系统错误 {number}").format(number=error.errno)
