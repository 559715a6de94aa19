#!/bin/sh
# Sets the workplace up: system libraries, a CJK font, a virtual environment with pinned wheels.
# usage: installer/setup.sh run|dev      Idempotent; a second run only compares a stamp.
set -eu
mode=${1:-run}
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    stop "需要 Python 3.11 以上，没有改动。请先安装 python3。"

locks="requirements/runtime.txt"
[ "$mode" = dev ] && locks="$locks requirements/dev.txt"
stamp=".venv/.stamp-$mode"
want=$(cat installer/setup.sh $locks | cksum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0

# What PyQt6's platform plugins load at run time, the font, and a screen for tests and pictures.
debs="libegl1 libgl1 libopengl0 libglib2.0-0 libfontconfig1 libfreetype6 libdbus-1-3 libxkbcommon0
libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0
libxcb-xinerama0 libxcb-xkb1 libxcb1 fontconfig fonts-noto-cjk xvfb xauth"
"$python" -c 'import venv, ensurepip' 2>/dev/null || debs="$debs python3-venv"
if command -v apt-get >/dev/null 2>&1; then
    missing=""
    for deb in $debs; do
        # A name that this release does not know (renamed libraries) is left to its successor.
        dpkg-query -W -f '${Status}' "$deb" 2>/dev/null | grep -q '^install ok installed' && continue
        missing="$missing $deb"
    done
    if [ -n "$missing" ]; then
        root=""
        if [ "$(id -u)" != 0 ]; then
            command -v sudo >/dev/null 2>&1 || stop "还缺系统组件：$missing。没有改动。请用 root 或 sudo 运行一次。"
            root="sudo"
        fi
        say "安装系统组件：$missing"
        $root apt-get update -qq
        for deb in $missing; do
            apt-cache show "$deb" >/dev/null 2>&1 || { say "本系统没有 $deb，跳过。"; missing=$(printf '%s' "$missing" | sed "s/ $deb\\b//"); }
        done
        [ -z "$missing" ] || $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
else
    fc-list :lang=zh 2>/dev/null | grep -q . || say "没有找到中文字体，界面可能显示方框。请安装 Noto Sans CJK。"
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
say "安装程序组件（已锁定版本）…"
for lock in $locks; do
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
done
printf '%s\n' "$want" >"$stamp"
