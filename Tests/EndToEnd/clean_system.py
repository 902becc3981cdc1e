"""A root file system of Debian with nothing beside the essential packages, and the Debian package to install there."""

import os
import re
import shutil
import subprocess

from product import PATIENCE, ROOT

DEBIAN = ROOT / "ops/debian"


def output(*arguments, seconds=PATIENCE, **options):
    """What a program that has to succeed prints."""
    done = subprocess.run([str(one) for one in arguments], capture_output=True, text=True, timeout=seconds, **options)
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def section(unit, name):
    """The settings of a section of a unit, as (name, value)."""
    text = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", unit, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^([A-Za-z]+)=(.*)$", text, re.MULTILINE)


def package(version, folder):
    """Made as `make deb` does, packed less tightly."""
    loose = {"DPKG_DEB_COMPRESSOR_TYPE": "gzip", "DPKG_DEB_COMPRESSOR_LEVEL": "1"}
    return ROOT / output(DEBIAN / "build", version, folder, env=os.environ | loose).strip()


class CleanSystem:
    """The file system, in which commands are run."""

    # What dpkg, apt and the tools of users keep for themselves; the list of installed packages is compared by its names.
    KEPT_BY_OTHERS = re.compile(
        r"(dev|proc|sys|run|tmp|var/(cache|log|tmp)|var/lib/(dpkg|apt|ucf|pam|systemd)|etc/(apt|ssl/certs|.*-$)"
        r"|etc/(ld\.so\.cache|ca-certificates\.conf.*|resolv\.conf|subuid|subgid)$)(/|$)")

    def __init__(self, root):
        self.root = root

    @classmethod
    def build(cls, folder):
        """From the archive that this machine's own packages come from."""
        sources = output(
            "apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages",
            "Origin: Debian")
        (folder / "sources.list").write_text("".join(f"{line}\n" for line in sorted(set(sources.splitlines()))))
        release = output("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME").strip()
        root = folder / "root"
        output(
            "mmdebstrap", "--variant=minbase", "--mode=root", "--quiet", release, root, folder / "sources.list", seconds=900)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        return cls(root)

    def copy(self, folder):
        """Another one, as this is now."""
        output("cp", "-a", self.root, folder)
        return CleanSystem(folder)

    def command(self, *arguments, user=None, folder="/"):
        """What runs a command in it: in a mount namespace of its own, which ends with the command."""
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--no-new-privs",
                   "--inh-caps=-all", "--bounding-set=-all"] if user else []
        inside = ["env", "-C", folder, *as_user, *arguments]
        mounts = 'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec /usr/sbin/chroot "$0" "$@"'
        return ["unshare", "-m", "sh", "-c", mounts, self.root, *inside]

    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

    def run(self, *arguments, seconds=900, **options):
        return output(*self.command(*arguments, **options), env=self.environment, seconds=seconds)

    def files(self):
        """Everything that somebody put there."""
        found = set()
        for folder, folders, names in os.walk(self.root):
            for name in [*folders, *names]:
                path = os.path.relpath(os.path.join(folder, name), self.root)
                if not self.KEPT_BY_OTHERS.match(path):
                    found.add(path)
        return found

    def install(self, package):
        shutil.copy(package, self.root / "tmp")
        self.run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", f"/tmp/{package.name}")

    def unit(self, name):
        return section((self.root / "lib/systemd/system" / name).read_text(), "Service")

    def settings(self, options):
        """The environment that a unit gives, as systemd reads it."""
        environment = {"PATH": "/usr/bin:/bin"}
        for name, value in options:
            if name == "Environment":
                environment |= dict(pair.split("=", 1) for pair in value.split())
            elif name == "EnvironmentFile":
                lines = (self.root / value.lstrip("-/")).read_text().splitlines()
                environment |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        return environment
