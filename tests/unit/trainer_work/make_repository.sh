#!/bin/sh
# make_repository.sh DIR SCRIPT: DIR/repo.git with one commit whose text trainer is SCRIPT, and one whose Dockerfile is
# missing; DIR/commits names them: good, bare.
set -eu
mkdir -p "$1/work/dockerfiles"
cp "$2" "$1/work/train.sh"
cd "$1/work"
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org
export GIT_CONFIG_GLOBAL=/dev/null
printf 'FROM scratch\nCOPY train.sh /work/train.sh\nENTRYPOINT ["/bin/sh", "/work/train.sh"]\n' \
    >dockerfiles/standalone-text-trainer.dockerfile
git init -q -b main .
git add -A && git commit -qm good && echo "good $(git rev-parse HEAD)" >>../commits
git rm -q dockerfiles/standalone-text-trainer.dockerfile && git commit -qm bare && echo "bare $(git rev-parse HEAD)" >>../commits
git reset -q --hard HEAD^
cd ..
git clone -q --bare work repo.git
git -C repo.git fetch -q ../work "$(sed -n 's/bare //p' commits)":refs/heads/bare 2>/dev/null || true
