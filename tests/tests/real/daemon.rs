//! A daemon that lives as long as a test.

use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// Debian's `nobody`, as whom daemons run that root starts.
const NOBODY: u32 = 65534;

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A folder that a daemon can write to.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Write a file, and return its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("the folder is writable");
        path
    }

    /// A file's lines, or none if it does not exist.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// The signal that ends a daemon, with all processes that it has started.
#[derive(Clone, Copy)]
pub enum EndsBy {
    /// Immediately.
    Kill,
    /// Gracefully, with its workers.
    Term,
}

/// A process that ends when this is dropped, and at the latest with the thread of the test.
pub struct Daemon {
    child: Child,
    ends_by: EndsBy,
}

impl Daemon {
    /// Start a command in a folder, and wait until it listens.
    pub fn start(
        command: &str,
        arguments: &[&str],
        hosts: Option<&Path>,
        folder: &Folder,
        place: SocketAddr,
        ends_by: EndsBy,
    ) -> Self {
        let output = folder.path().join("output");
        let written = File::create(&output).expect("the folder is writable");
        if is_root() {
            // Some also open it by name.
            chown(&output, Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        let mut starting = Command::new("setpriv");
        starting.arg(match ends_by {
            EndsBy::Kill => "--pdeathsig=KILL",
            EndsBy::Term => "--pdeathsig=TERM",
        });
        if is_root() {
            starting.args([
                &format!("--reuid={NOBODY}"),
                &format!("--regid={NOBODY}"),
                "--clear-groups",
            ]);
        }
        if let Some(hosts) = hosts {
            starting
                .env("LD_PRELOAD", "libnss_wrapper.so")
                .env("NSS_WRAPPER_HOSTS", hosts);
        }
        let child = starting
            .args(["--", command])
            .args(arguments)
            // Debian installs daemons where only root looks for commands.
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(written.try_clone().expect("a file"))
            .stderr(written)
            .spawn()
            .expect("setpriv is there: `make test-real` installs it");
        let mut daemon = Self { child, ends_by };
        wait_until(&format!("{command} listens"), || {
            if let Some(status) = daemon.child.try_wait().expect("a child") {
                let said = fs::read_to_string(&output).unwrap_or_default();
                panic!("{command} ended with {status} (`make test-real` installs it):\n{said}");
            }
            has_socket(place, LISTENING)
        });
        daemon
    }

    /// Send it a signal.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.is_ok_and(|status| status.success()), "{kill}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        match self.ends_by {
            EndsBy::Kill => drop(self.child.kill()),
            EndsBy::Term => self.signal("TERM"),
        }
        // Whatever its exit status is.
        let _ = self.child.wait();
    }
}

/// Wait for something that another process does.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < TIMEOUT, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// States of a socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";
const ESTABLISHED: &str = "01";

/// Wait until a daemon has no connection open, and give the host time to notice.
pub async fn wait_until_alone(place: SocketAddr) {
    let waiting = spawn_blocking(move || {
        wait_until("the daemon has closed its connections", || {
            !has_socket(place, ESTABLISHED)
        });
    });
    waiting.await.expect("it has not been in vain");
}

/// Whether a socket of this address exists. The kernel is asked, since a connection to find out
/// would be in the daemon's log.
fn has_socket(place: SocketAddr, state: &str) -> bool {
    let IpAddr::V4(ip) = place.ip() else {
        panic!("daemons listen on IPv4");
    };
    let octets = u32::from_ne_bytes(ip.octets());
    let wanted = format!("{octets:08X}:{:04X}", place.port());
    let table = fs::read_to_string("/proc/net/tcp").expect("the tests run on Linux");
    table.lines().any(|line| {
        let mut columns = line.split_whitespace().skip(1);
        columns.next() == Some(wanted.as_str()) && columns.nth(1) == Some(state)
    })
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
