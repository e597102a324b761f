#!/usr/bin/env bash
# Run make in a clone of the last commit, as on a machine that was just set up: an empty home directory, and a PATH with
# a shell's programs, git, make, Python and Terraform alone. As root, with a user of its own.
# Usage: toolchain/clean_machine.sh [TARGET...], default: rehearse rehearse-down test-browser
set -euo pipefail
targets=("$@")
test $# -gt 0 || targets=(rehearse rehearse-down test-browser)
BASICS='awk basename bash cat chmod cp cut date diff dirname env expr expand find getconf git grep head id ldd ln ls make
  mkdir mktemp mv ps pwd readlink rm rmdir sed sh sleep sort tail tar tee test touch tr true uname uniq wc which xargs'

place="$(mktemp -d)"
user=
as=()
kept=()
# The way to the package registries is the machine's: proxies, certificates, settings of pip and npm.
while IFS= read -r line; do kept+=("$line"); done \
  < <(env | grep -iE '^(pip_|npm_config_|[a-z_]*_?proxy=|ssl_cert_|curl_ca|requests_ca|node_extra_ca)')
run() {
  (cd "$place/clone" && "${as[@]}" env -i "${kept[@]}" HOME="$place/home" TMPDIR="$place/tmp" PATH="$place/bin" LANG=C.UTF-8 "$@")
}
end() {
  run make rehearse-down >/dev/null 2>&1 || true
  test -z "$user" || userdel "$user"
  rm -rf "$place"
}
trap end EXIT
trap 'exit 130' INT TERM
mkdir "$place/bin" "$place/home" "$place/tmp"
git clone --quiet --no-hardlinks "$(dirname "$0")/.." "$place/clone"

if test "$(id -u)" = 0; then
  user="standby-clean-$$"
  useradd --no-create-home --home-dir "$place/home" "$user"
  as=(setpriv --reuid "$user" --regid "$user" --clear-groups)
  chown -R "$user:$user" "$place"
  chmod 755 "$place"
fi

# A Python of root's own home directory is none for another user.
python=
for name in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
  found="$(command -v "$name")" && found="$("$found" -c 'import sys; print(sys.executable)')" || continue
  "${as[@]}" env "$found" -c 'import ensurepip, venv' 2>/dev/null && { python="$found"; break; }
done
test -n "$python" || { echo 'No Python with venv can be run by another user.' >&2; exit 3; }
ln -s "$python" "$place/bin/python3"
for name in $BASICS terraform tofu; do
  ! found="$(command -v "$name")" || ln -s "$(readlink -f "$found")" "$place/bin/$name"
done

echo "A user with an empty home directory; node: $(run sh -c 'command -v node || echo none'); browser: $(run sh -c 'command -v chromium google-chrome || echo none'); $(run python3 --version)"
for target in "${targets[@]}"; do
  echo "\$ make $target"
  started=$SECONDS
  run make "$target"
  echo "make $target took $((SECONDS - started)) s"
done
