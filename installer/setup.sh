#!/bin/sh
# Sets the workplace up: system libraries, a Chinese font, a virtual environment with pinned wheels.
# usage: installer/setup.sh run|dev      Idempotent: a second run only compares a stamp.
set -eu
mode=${1:-run}
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

case $mode in
run) locks="requirements/runtime.txt" ;;
dev) locks="requirements/runtime.txt requirements/dev.txt" ;;
*) stop "用法：installer/setup.sh run|dev" ;;
esac

# The folder is part of it: a virtual environment does not survive being moved.
stamp_of() { { pwd; cat installer/setup.sh "$@"; } | cksum; }
want=$(stamp_of $locks)
stamp=".venv/.stamp-$mode"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x .venv/bin/python ]; then exit 0; fi

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    stop "需要 Python 3.11 以上。没有改动。请先安装 python3。"

# What Qt's platform plugins load (soname:Debian package).  The loader is asked, not dpkg: the names of
# packages differ between releases, and other Linux systems have no dpkg.
libraries="libEGL.so.1:libegl1 libGL.so.1:libgl1 libX11-xcb.so.1:libx11-xcb1 libX11.so.6:libx11-6
libcups.so.2:libcups2 libdbus-1.so.3:libdbus-1-3 libfontconfig.so.1:libfontconfig1 libfreetype.so.6:libfreetype6
libglib-2.0.so.0:libglib2.0-0 libgthread-2.0.so.0:libglib2.0-0 libpulse.so.0:libpulse0
libxcb-cursor.so.0:libxcb-cursor0 libxcb-glx.so.0:libxcb-glx0
libxcb-icccm.so.4:libxcb-icccm4 libxcb-image.so.0:libxcb-image0 libxcb-keysyms.so.1:libxcb-keysyms1
libxcb-randr.so.0:libxcb-randr0 libxcb-render-util.so.0:libxcb-render-util0 libxcb-render.so.0:libxcb-render0
libxcb-shape.so.0:libxcb-shape0 libxcb-shm.so.0:libxcb-shm0 libxcb-sync.so.1:libxcb-sync1
libxcb-util.so.1:libxcb-util1 libxcb-xfixes.so.0:libxcb-xfixes0 libxcb-xinerama.so.0:libxcb-xinerama0
libxcb-xkb.so.1:libxcb-xkb1 libxcb.so.1:libxcb1 libxkbcommon-x11.so.0:libxkbcommon-x11-0
libxkbcommon.so.0:libxkbcommon0"

PATH=$PATH:/usr/sbin:/sbin
missing_parts() {
    known=$(ldconfig -p 2>/dev/null || :)
    for pair in $libraries; do
        case $known in *"	${pair%%:*} "*) ;; *) printf '%s ' "${pair##*:}" ;; esac
    done
    [ -n "$(fc-list :lang=zh 2>/dev/null)" ] || printf '%s ' fontconfig fonts-noto-cjk
    command -v Xvfb >/dev/null 2>&1 || printf '%s ' xvfb
    command -v xauth >/dev/null 2>&1 || printf '%s ' xauth
    "$python" -c 'import venv, ensurepip' 2>/dev/null || printf '%s ' python3-venv
}

missing=$(missing_parts)
if [ -n "$missing" ]; then
    root=""
    if ! command -v apt-get >/dev/null 2>&1; then
        stop "还缺系统组件：$missing（Debian 的名称）。没有改动。请用本系统的软件管理器安装后再运行。"
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null 2>&1 || ! sudo -v; then
            stop "还缺系统组件，没有改动。请让管理员运行一次：apt-get install $missing"
        fi
        root="sudo"
    fi
    say "安装系统组件：$missing"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    if ! { $root apt-get update && $root apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        stop "系统组件没有装上，虚拟环境没有改动。请检查软件源后再运行：apt-get install $missing"
    fi
    rm -f "$log"
    [ -z "$(missing_parts)" ] || stop "装完后仍缺：$(missing_parts)。请让管理员检查。"
fi

# Types into the real program in tests/functional/test_xdotool.py; without it that test is left out.
if [ "$mode" = dev ] && ! command -v xdotool >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ] &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends xdotool >/dev/null 2>&1; then
        say "安装测试组件：xdotool"
    else
        say "没有装 xdotool，真机按键测试会跳过。"
    fi
fi

# A half-made or moved environment is made again, not mended.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1 || [ "$(cat .venv/.place 2>/dev/null || pwd)" != "$(pwd)" ]; then
    [ ! -L .venv ] || rm .venv # never clear somebody else's through a link
    "$python" -m venv --clear .venv
fi
pwd >.venv/.place
say "安装程序组件（已锁定版本）…"
for lock in $locks; do
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
        stop "程序组件没有装上。请检查网络后再运行一次，已装好的会保留。"
done
# The development set holds the runtime set.
stamp_of requirements/runtime.txt >.venv/.stamp-run
printf '%s\n' "$want" >"$stamp"
