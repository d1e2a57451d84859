//! Proxies: squid, tinyproxy, and microsocks.

use std::fs;

use crate::certificates::{Signed, TRUSTED};
use crate::daemon::{Daemon, EndsBy, Folder, wait_until};
use crate::place::Place;

/// The user and the password of proxies that ask for them.
pub const USER: &str = "ci";
/// As [`USER`].
pub const PASSWORD: &str = "s3cret.word";
/// Both as in a URL.
pub const CREDENTIALS: &str = "ci:s3cret.word";

/// Which proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// An HTTP proxy.
    Squid,
    /// Squid, spoken to over TLS.
    SecureSquid,
    /// An HTTP proxy.
    Tinyproxy,
    /// A SOCKS 5 proxy.
    Microsocks,
}

/// How a proxy is set up.
#[derive(Clone, Copy, Default)]
pub struct Setup {
    /// Whether it requires credentials.
    pub requires_credentials: bool,
    /// Whether it refuses tunnels.
    pub refuses_tunnels: bool,
}

/// A running proxy.
pub struct Proxy {
    /// Where it listens.
    pub place: Place,
    /// Its URL, without credentials.
    pub url: String,
    program: Program,
    folder: Folder,
    _daemon: Daemon,
}

impl Proxy {
    /// Start one that resolves the names of these places.
    pub fn start(program: Program, setup: Setup, knows: &[&Place]) -> Self {
        let folder = Folder::new();
        let hosts: String = knows
            .iter()
            .map(|place| format!("{} {}\n", place.address.ip(), place.name))
            .collect();
        let hosts = folder.write("hosts", hosts);
        let start = |command: &str, arguments: &[&str], place: &Place| {
            let address = place.address;
            Daemon::start(
                command,
                arguments,
                Some(&hosts),
                &folder,
                address,
                EndsBy::Kill,
            )
        };
        let (place, scheme, daemon) = match program {
            Program::Squid | Program::SecureSquid => {
                let place = Place::new("squid");
                let is_secure = program == Program::SecureSquid;
                let port = if is_secure {
                    let Signed {
                        certificate, key, ..
                    } = TRUSTED.sign(&place.name);
                    let pem = folder.write("proxy.pem", format!("{certificate}{key}"));
                    format!("https_port {} tls-cert={}", place.address, pem.display())
                } else {
                    format!("http_port {}", place.address)
                };
                folder.write("squid.conf", squid(&port, setup, &folder));
                folder.write("who", WHO);
                // squid names its shared memory after this: two of the same name conflict when they
                // start.
                let name = place.name.replace(['-', '.'], "");
                let arguments = ["-N", "-n", &name, "-f", "squid.conf"];
                let daemon = start("squid", &arguments, &place);
                forget_shared_memory(&name);
                (place, if is_secure { "https" } else { "http" }, daemon)
            }
            Program::Tinyproxy => {
                let place = Place::new("tinyproxy");
                folder.write("tinyproxy.conf", tinyproxy(&place, setup, &folder));
                let daemon = start("tinyproxy", &["-d", "-c", "tinyproxy.conf"], &place);
                (place, "http", daemon)
            }
            Program::Microsocks => {
                let place = Place::new("microsocks");
                let (ip, port) = (place.address.ip().to_string(), place.address.port());
                let port = port.to_string();
                let mut arguments = vec!["-i", &ip, "-p", &port];
                if setup.requires_credentials {
                    arguments.extend(["-u", USER, "-P", PASSWORD]);
                }
                let daemon = start("microsocks", &arguments, &place);
                (place, "socks5", daemon)
            }
        };
        Self {
            url: format!("{scheme}://{}", place.authority()),
            place,
            program,
            folder,
            _daemon: daemon,
        }
    }

    /// End it, and return where it was.
    pub fn end(self) -> Place {
        self.place
    }

    /// Its URL, with credentials.
    pub fn url_with(&self, credentials: &str) -> String {
        self.url.replace("://", &format!("://{credentials}@"))
    }

    /// Its requests, in order, one per line, as its log has them; at least this many. squid logs a
    /// tunnel when it has ended.
    pub fn log(&self, at_least: usize) -> String {
        let mut lines = Vec::new();
        wait_until("the proxy has logged its requests", || {
            lines = self.lines();
            lines.len() >= at_least
        });
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn lines(&self) -> Vec<String> {
        let after = |file: &str, said: &str, mark: &str| {
            let lines = self.folder.lines(file).into_iter();
            lines
                .filter(|line| line.contains(said))
                .filter_map(|line| Some(line.split_once(mark)?.1.to_owned()))
                .collect()
        };
        match self.program {
            Program::Squid | Program::SecureSquid => self.folder.lines("requests"),
            Program::Tinyproxy => after("requests", "Request (", "): "),
            Program::Microsocks => after("output", "client[", ": connected to "),
        }
    }
}

/// Unlink the shared memory of a squid, which a killed one would leave behind. It is mapped by the
/// time that it listens.
fn forget_shared_memory(name: &str) {
    let prefix = format!("{name}-");
    for entry in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            fs::remove_file(entry.path()).expect("the tests' user has started squid");
        }
    }
}

/// What squid asks about users, one per line.
const WHO: &str = r#"while read -r who; do
    case $who in
        "ci s3cret.word") echo OK ;;
        *) echo ERR ;;
    esac
done
"#;

fn squid(port: &str, setup: Setup, folder: &Folder) -> String {
    let folder = folder.path().display();
    let asking = format!(
        "auth_param basic program /bin/sh {folder}/who
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
http_access deny !known"
    );
    let refusing = "acl tunnels method CONNECT\nhttp_access deny tunnels";
    format!(
        "{port}
pid_filename none
visible_hostname squid.test
hosts_file {folder}/hosts
coredump_dir {folder}
cache_log {folder}/output
# The request's line, the status of the response, and who requested.
logformat requests %rm %ru %>Hs %un
access_log stdio:{folder}/requests logformat=requests
strip_query_terms off
cache deny all
cache_mem 0
max_filedescriptors 1024
pinger_enable off
netdb_filename none
{}
{}
http_access allow all
",
        if setup.requires_credentials {
            asking.as_str()
        } else {
            ""
        },
        if setup.refuses_tunnels { refusing } else { "" },
    )
}

fn tinyproxy(place: &Place, setup: Setup, folder: &Folder) -> String {
    let folder = folder.path().display();
    format!(
        "Listen {}
Port {}
Timeout 60
MaxClients 100
LogFile \"{folder}/requests\"
LogLevel Connect
{}
{}
",
        place.address.ip(),
        place.address.port(),
        if setup.requires_credentials {
            format!("BasicAuth {USER} {PASSWORD}")
        } else {
            String::new()
        },
        // The only port that tunnels may lead to.
        if setup.refuses_tunnels {
            "ConnectPort 1"
        } else {
            ""
        },
    )
}
