//! Apache, with one folder.

use std::path::PathBuf;

use crate::daemon::{Daemon, EndsBy, Folder, wait_until};
use crate::place::{LOOPBACK, Place};

/// A running Apache.
pub struct Apache {
    /// Where it listens.
    pub place: Place,
    /// Its origin, by name.
    pub origin: String,
    folder: Folder,
    _daemon: Daemon,
}

impl Apache {
    /// Start one with these files in its folder, which it serves, and these directives.
    pub fn start(files: &[(&str, &str)], directives: &str) -> Self {
        let place = Place::new("apache");
        let folder = Folder::new();
        for (name, content) in files {
            folder.write(name, content);
        }
        let configuration = configuration(&place, &folder, directives);
        let file = folder.write("apache.conf", configuration);
        let file = file.display().to_string();
        let arguments = ["-f", &file, "-D", "FOREGROUND"];
        // Only the parent ends its workers in order.
        let ends_by = EndsBy::Term;
        let daemon = Daemon::start("apache2", &arguments, None, &folder, place.address, ends_by);
        // It reads its configuration twice, and listens in between.
        wait_until("Apache has its workers", || {
            let said = folder.lines("output");
            said.iter()
                .any(|line| line.contains("resuming normal operations"))
        });
        Self {
            origin: format!("http://{}", place.authority()),
            place,
            folder,
            _daemon: daemon,
        }
    }

    /// A policy that permits only this server.
    pub fn policy(&self) -> String {
        format!("allow: ['{}']\nnetworks: [{LOOPBACK}]\n", self.origin)
    }

    /// The path of a file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its requests and responses, one per line; at least this many.
    pub fn log(&self, at_least: usize) -> String {
        let mut lines = Vec::new();
        wait_until("Apache has logged its requests", || {
            lines = self.folder.lines("requests");
            lines.len() >= at_least
        });
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn configuration(place: &Place, folder: &Folder, directives: &str) -> String {
    let folder = folder.path().display();
    let modules: String = [
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_digest",
    ]
    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
    .concat();
    format!(
        "ServerRoot {folder}
ServerName {name}
Listen {address}
PidFile {folder}/apache.pid
Mutex file:{folder} default
DefaultRuntimeDir {folder}
ErrorLog {folder}/output
LogFormat \"%r %>s %u\" requests
{modules}
CustomLog {folder}/requests requests
DocumentRoot {folder}
{directives}
",
        name = place.name,
        address = place.address,
    )
}
