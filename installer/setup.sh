#!/usr/bin/env bash
# Makes a checkout ready: system packages, .venv with the locked packages, gridapp itself, the font.
# May be called again at any time; does nothing, quickly, where nothing changed.
#
#   installer/setup.sh            everything
#   installer/setup.sh --check    only say which system packages are missing (exit status 1 if any)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8
export PATH="$PATH:/usr/sbin:/sbin"

# Debian package : what shows that it is there (a shared library, a command, or one of the tests below).
NEEDS=(
    git:git
    fonts-noto-cjk:@font
    xvfb:Xvfb
    xauth:xauth
    binutils:objdump
    strace:strace
    zlib1g:libz.so.1
    libglib2.0-0:libglib-2.0.so.0
    libdbus-1-3:libdbus-1.so.3
    libfontconfig1:libfontconfig.so.1
    libfreetype6:libfreetype.so.6
    libgssapi-krb5-2:libgssapi_krb5.so.2
    libegl1:libEGL.so.1
    libgl1:libGL.so.1
    libopengl0:libOpenGL.so.0
    libxkbcommon0:libxkbcommon.so.0
    libxkbcommon-x11-0:libxkbcommon-x11.so.0
    libcups2:libcups.so.2
    libx11-6:libX11.so.6
    libx11-xcb1:libX11-xcb.so.1
    libxcb1:libxcb.so.1
    libxcb-cursor0:libxcb-cursor.so.0
    libxcb-glx0:libxcb-glx.so.0
    libxcb-icccm4:libxcb-icccm.so.4
    libxcb-image0:libxcb-image.so.0
    libxcb-keysyms1:libxcb-keysyms.so.1
    libxcb-randr0:libxcb-randr.so.0
    libxcb-render0:libxcb-render.so.0
    libxcb-render-util0:libxcb-render-util.so.0
    libxcb-shape0:libxcb-shape.so.0
    libxcb-shm0:libxcb-shm.so.0
    libxcb-sync1:libxcb-sync.so.1
    libxcb-xfixes0:libxcb-xfixes.so.0
    libxcb-xinerama0:libxcb-xinerama.so.0
    libxcb-xkb1:libxcb-xkb.so.1
)
FONT_PLACES=(/usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.local/share/fonts" "${HOME:-/nonexistent}/.fonts")
PYTHON_WANTED='import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }

find_python() {
    local name
    for name in "${PYTHON:-}" python3.11 /usr/bin/python3.11 python3 /usr/bin/python3 python3.12 python3.13; do
        if [ -n "$name" ] && "$name" -c "$PYTHON_WANTED" 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# A new environment gets its pip from ensurepip, or from a pip that is already here (22.3 or later).
can_make_venv() {
    "$1" -c 'import venv, ensurepip' 2>/dev/null || "$1" -m pip --python "$1" --version >/dev/null 2>&1
}

missing_packages() {
    local libraries need package probe python
    if [ -x .venv/bin/python ] && .venv/bin/python -c "$PYTHON_WANTED" 2>/dev/null; then
        :
    elif ! python=$(find_python); then
        printf 'python3\npython3-venv\n'
    elif ! can_make_venv "$python"; then
        printf 'python3-venv\n'
    fi
    libraries=$(ldconfig -p 2>/dev/null || true)
    for need in "${NEEDS[@]}"; do
        package=${need%%:*}
        probe=${need#*:}
        case $probe in
            @font) [ -n "$(find "${FONT_PLACES[@]}" -name 'NotoSansCJK-Regular.ttc' -print -quit 2>/dev/null)" ] ;;
            lib*) [[ $libraries == *"$probe "* ]] ;;
            *) command -v "$probe" >/dev/null ;;
        esac || printf '%s\n' "$package"
    done
}

# One clear message, Chinese first, with all that is missing and what to type.
explain_missing() {
    fail "$1" "$2" \
        "缺少的软件包（Debian/Ubuntu 名称）/ missing packages (names of Debian and Ubuntu):" \
        "    $(tr '\n' ' ' <<<"$3")" \
        "$4"
}

install_system_packages() {
    local missing line
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    line="apt-get install -y --no-install-recommends $(tr '\n' ' ' <<<"$missing")"
    if [ "$(uname -s)" != Linux ]; then
        explain_missing "源码安装目前只支持 Linux；Windows 用户请使用安装包。" \
            "Building from source is supported on Linux only; on Windows use the installer." \
            "$missing" "请在 Debian 12 上再次运行 make setup。/ Run make setup on Debian 12."
    elif ! command -v apt-get >/dev/null; then
        explain_missing "本系统没有 apt-get，无法自动安装所需的系统软件包。" \
            "This system has no apt-get, so the system packages cannot be installed for you." \
            "$missing" "请用本系统的软件管理器安装对应的包，再运行 make setup。/ Install their equivalents, then run make setup again."
    elif [ "$check_only" = yes ] || [ "$(id -u)" != 0 ]; then
        explain_missing "需要管理员（root）权限安装系统软件包。" \
            "System packages are missing and only root can install them." \
            "$missing" "请先运行，再重新运行 make setup / run this, then make setup again:  sudo $line"
    fi
    say "installing system packages: $(tr '\n' ' ' <<<"$missing")"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # the list is meant to be split
    if ! { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >.setup.log 2>&1; then
        tail -n 20 .setup.log >&2
        explain_missing "系统软件包安装失败，请检查网络和软件源。" \
            "apt-get failed (see above and .setup.log): check the network and the package sources." \
            "$missing" "排除后重新运行 make setup。/ Then run make setup again."
    fi
    rm -f .setup.log
    missing=$(missing_packages)
    [ -z "$missing" ] || explain_missing "安装后仍然缺少：" "Still missing after the installation:" \
        "$missing" "请报告此问题。/ Please report this."
}

make_venv() {
    local python
    # an environment does not survive a move of the checkout, nor the removal of its Python
    if [ -x .venv/bin/python ] && .venv/bin/python -c "$PYTHON_WANTED" 2>/dev/null &&
        [ -x .venv/bin/pip ] && [ "$(cat .venv/place 2>/dev/null)" = "$PWD" ]; then
        return 0
    fi
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
    else
        "$python" -m venv --without-pip .venv
        "$python" -m pip --python .venv/bin/python install -q --disable-pip-version-check pip
    fi
    printf '%s\n' "$PWD" >.venv/place
}

# Runs the command unless the stamp already holds the hash of the given files.
once() {
    local stamp=.venv/stamp-$1 files=$2 hash
    shift 2
    # shellcheck disable=SC2086
    hash=$(cat $files <(pwd) | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ] || return 0
    "$@"
    printf '%s\n' "$hash" >"$stamp"
}

pip_install() {
    .venv/bin/python -m pip install -q --no-input --disable-pip-version-check --no-warn-script-location "$@" ||
        fail "Python 软件包安装失败，请检查网络，然后重新运行 make setup。" \
            "pip could not install the Python packages (see above): check the network, then run make setup again."
}

install_locked() {
    say "installing the locked Python packages (some 250 MB the first time)"
    pip_install --require-hashes --only-binary :all: -r requirements.lock
}

install_gridapp() {
    # setuptools warns of every editable install
    PYTHONWARNINGS=ignore pip_install --no-build-isolation --no-deps --editable .
}

build_font() {
    say "building the font"
    .venv/bin/python installer/font.py "${FONT_PLACES[@]}"
}

check_only=no
case ${1:-} in
    --check) check_only=yes ;;
    '') ;;
    *) fail "usage: installer/setup.sh [--check]" ;;
esac

install_system_packages
[ "$check_only" = no ] || { say "all system packages are there"; exit 0; }
# two at once (make check beside make test) would spoil each other
if command -v flock >/dev/null; then
    exec 9>.setup.lock
    flock 9
fi
make_venv
once lock requirements.lock install_locked
once gridapp pyproject.toml install_gridapp
if [ ! -s resources/fonts/NotoSansCJKsc-Regular.otf ] || [ ! -s resources/fonts/NotoSansCJKsc-Bold.otf ]; then
    rm -f .venv/stamp-font
fi
once font installer/font.py build_font
