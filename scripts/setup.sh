#!/bin/sh
# Makes .venv with exactly the locked packages and Ringi itself. Safe to run again.
# `setup.sh lab` adds Spark, the AWS libraries and what the tests of real engines need, a JDK included.
set -eu
LOCK=requirements.lock
READY=.venv/.ready
if [ "${1:-}" = lab ]; then
    LOCK=requirements-lab.lock
    READY=.venv/.ready-lab
fi
PYTHON="${PYTHON:-python3}"
say() { printf '%s\n' "$*" >&2; }

if ! "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
    say "Ringi needs Python 3.11 to 3.13, but '$PYTHON' is $("$PYTHON" --version 2>&1 || echo missing). Install it, or run: make PYTHON=python3.11"
    exit 1
fi
if [ ! -x .venv/bin/python ]; then
    say "Setting up .venv (once, about a minute) ..."
    if ! "$PYTHON" -m venv .venv 2>/dev/null; then
        rm -rf .venv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "Installing python3-venv through apt-get ..."
            apt-get update -qq >&2 && apt-get install -y -qq python3-venv >&2
            "$PYTHON" -m venv .venv
        else
            say "Python's venv module is missing. On Debian or Ubuntu run: sudo apt-get install python3-venv"
            exit 1
        fi
    fi
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
# Bytecode is made now, as pip does: where Python may not write it, each command would compile hundreds of modules anew.
.venv/bin/uv pip install --quiet --python .venv/bin/python --compile-bytecode --require-hashes -r "$LOCK"
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --editable .
.venv/bin/python -m compileall -q governance infra jobs metrics_catalog ringi views
touch .venv/.ready "$READY"
if [ "$LOCK" = requirements-lab.lock ] && ! command -v java >/dev/null 2>&1 && [ -z "${JAVA_HOME:-}" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing a JDK for Spark through apt-get ..."
        apt-get update -qq >&2 && apt-get install -y -qq openjdk-17-jre-headless >&2
    else
        say "Spark needs Java 17 or later, which is not here; its tests will be skipped. On Debian or Ubuntu run: sudo apt-get install openjdk-17-jre-headless"
    fi
fi
if [ "$LOCK" = requirements-lab.lock ] && ! command -v mvn >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing Maven, which fetches Trino for the lab, through apt-get ..."
        apt-get update -qq >&2 && apt-get install -y -qq maven >&2
    else
        say "Maven fetches Trino for the lab and is not here; the tests that meet Trino will be skipped. On Debian or Ubuntu run: sudo apt-get install maven"
    fi
fi
if [ "$LOCK" = requirements-lab.lock ] && ! command -v chromium >/dev/null 2>&1 && ! command -v google-chrome >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing Chromium, in which the lab uses passkeys, through apt-get ..."
        apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends chromium >&2 || say "Chromium could not be installed; the tests that meet it will be skipped."
    else
        say "Chromium is not here; the tests of pages with passkeys will be skipped. On Debian or Ubuntu run: sudo apt-get install chromium"
    fi
fi
