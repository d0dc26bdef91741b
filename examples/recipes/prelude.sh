# What the recipes share. A recipe is a script named after its language, which sources this, defines two functions and
# calls `run_recipe "$@"`:
#
#   RECIPE setup                   `set_up` installs what is missing, in the version that the recipe names
#   RECIPE build FOLDER OUTPUT     `build FOLDER OUTPUT` makes the module; it installs nothing
#
# `work` is a folder for intermediate files.
set -euo pipefail

language=${0##*/}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Each task gets its memory as new, so the stack, which is most of it, is small: 64 KiB.
stack_bytes=65536

missing() { # what, how to get it
    echo "examples/recipes/$language: $1 is missing. \`examples/setup $language\` installs it, as does: $2" >&2
    exit 1
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Installs those of Debian's packages which are not there.
need_debian() { # package...
    local package packages=()
    for package in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            packages+=("$package")
    done
    if ((${#packages[@]})); then
        as_root apt-get update
        as_root apt-get install --yes --no-install-recommends "${packages[@]}"
    fi
}

# Whether a package of PyPI is there in a version.
has_python() { # package==version
    [[ $(python3 -m pip show "${1%%==*}" 2>/dev/null | sed -n 's/^Version: //p') == "${1##*==}" ]]
}

# Installs a package of PyPI.
need_python() { # package==version
    python3 -m pip --version >/dev/null 2>&1 || need_debian python3-pip
    # Debian's pip installs nothing outside of a virtual environment unless it is told to.
    has_python "$1" || PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet --root-user-action=ignore "$1"
}

# Where a package of PyPI has a virtual environment of its own.
venv_folder() { # package==version
    echo "$root/target/pypi/$1"
}

# Whether it has one.
has_venv() { # package==version
    [[ -f $(venv_folder "$1")/complete ]]
}

# Installs a package of PyPI into one.
need_venv() { # package==version
    local folder
    folder=$(venv_folder "$1")
    if has_venv "$1"; then return; fi
    python3 -c 'import ensurepip' 2>/dev/null || need_debian python3-venv
    python3 -m venv --clear "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$1"
    touch "$folder/complete"
}

# Where the npm packages of a language are, for each content of npm/LANGUAGE/package-lock.json.
npm_folder() {
    local lock
    lock=$(sha256sum "$root/examples/recipes/npm/$language/package-lock.json")
    echo "$root/target/npm/$language-${lock:0:16}"
}

# Installs the npm packages of a language.
need_npm() {
    local folder
    folder=$(npm_folder)
    if [[ -d $folder ]]; then return; fi
    mkdir -p "$folder.new"
    cp "$root/examples/recipes/npm/$language"/package*.json "$folder.new"
    (cd "$folder.new" && npm ci --no-audit --no-fund --loglevel=error)
    mv "$folder.new" "$folder"
}

# Where the component of a project is kept for each content of the project and of the recipe, since making one takes long.
kept_component() { # project
    local hash
    hash=$({
        cat "$root/examples/recipes/$language" "${BASH_SOURCE[0]}"
        cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum)
    echo "$work/$language/${hash:0:16}.wasm"
}

run_recipe() {
    case "$#:${1-}" in
    1:setup) set_up ;;
    3:build)
        mkdir -p "${CARGO_TARGET_DIR:=$root/target/guests}"
        work=$(cd "$CARGO_TARGET_DIR" && pwd)
        mkdir -p "$work/$language"
        build "$(cd "$2" && pwd)" "$(cd "$(dirname "$3")" && pwd)/${3##*/}"
        ;;
    *) echo "usage: examples/recipes/$language setup | build FOLDER OUTPUT" >&2 && exit 2 ;;
    esac
}
