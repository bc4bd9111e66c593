#!/bin/sh
# make_repository.sh DIR: a bare repository DIR/repo.git whose commits test one thing each; DIR/commits names them:
#   good, evil_link, evil_name, submodule, big
set -eu
mkdir -p "$1"
cd "$1"
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' GIT_CONFIG_GLOBAL=/dev/null
git init -q -b main work
cd work
git config core.safecrlf false
note() { echo "$1 $(git rev-parse HEAD)" >>../commits; }
# Attributes and a filter that a checkout would honour.
printf '*.txt text eol=crlf\n*.bin filter=lfs\n' >.gitattributes
printf 'one\ntwo\n' >plain.txt
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n' >weights.bin
mkdir -p sub/deeper
printf '#!/bin/sh\n' >sub/run.sh
chmod +x sub/run.sh
ln -s ../plain.txt sub/link
: >sub/deeper/empty
git add -A && git commit -qm good && note good
ln -s ../../etc/passwd sub/evil && git add -A && git commit -qm link && note evil_link
git rm -q --cached sub/evil && rm sub/evil
blob=$(git hash-object -w plain.txt)
# Git itself refuses such a name, so the tree object is written by hand.
tree=$(python3 -c 'import sys; sys.stdout.buffer.write(b"100644 ..\0" + bytes.fromhex(sys.argv[1]))' "$blob" |
    git hash-object -t tree -w --literally --stdin)
evil=$(git commit-tree "$tree" -m name) && git update-ref refs/heads/evil "$evil" && echo "evil_name $evil" >>../commits
git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),module" && git commit -qm submodule && note submodule
git rm -q --cached module
head -c 3000000 /dev/zero >zeros && git add zeros && git commit -qm big && note big
cd ..
git clone -q --bare work repo.git
git -C repo.git config http.uploadpack true
git -C repo.git config uploadpack.allowReachableSHA1InWant true
git -C repo.git update-server-info
git clone -q --bare work old.git # a server that answers to names only
