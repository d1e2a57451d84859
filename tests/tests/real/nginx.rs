//! nginx, with one server block.

use std::path::PathBuf;

use crate::certificates::{Authority, Signed, TRUSTED};
use crate::daemon::{Daemon, EndsBy, Folder, wait_until_alone};
use crate::place::{LOOPBACK, Place};

/// What a server block speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP/1.1 in the clear.
    Http,
    /// HTTP/1.1 over TLS.
    Https1,
    /// HTTP/2 or HTTP/1.1 over TLS, as the client likes.
    Https2,
}

/// A running nginx.
pub struct Nginx {
    /// Where it listens.
    pub place: Place,
    /// Its origin, by name.
    pub origin: String,
    /// The certificate that it shows.
    pub shows: Signed,
    folder: Folder,
    daemon: Daemon,
}

impl Nginx {
    /// Start one with these directives in its server block, and a certificate
    /// that the host trusts.
    pub fn start(speaks: Speaks, directives: &str) -> Self {
        Self::signed_by(&TRUSTED, speaks, directives)
    }

    /// Start one with a certificate of this authority. It trusts the client
    /// certificates of [`TRUSTED`].
    pub fn signed_by(authority: &Authority, speaks: Speaks, directives: &str) -> Self {
        let place = Place::new("nginx");
        let folder = Folder::new();
        let shows = authority.sign(&place.name);
        folder.write("certificate.pem", &shows.certificate);
        folder.write("key.pem", &shows.key);
        folder.write("clients.pem", TRUSTED.pem());
        let (scheme, parameters) = match speaks {
            Speaks::Http => ("http", ""),
            Speaks::Https1 => ("https", " ssl"),
            Speaks::Https2 => ("https", " ssl http2"),
        };
        let listen = format!("{}{parameters}", place.address);
        let configuration = folder.write("nginx.conf", configuration(&listen, directives));
        let prefix = folder.path().display().to_string();
        let arguments = ["-p", &prefix, "-c", &configuration.display().to_string()];
        let daemon = Daemon::start(
            "nginx",
            &arguments,
            None,
            &folder,
            place.address,
            EndsBy::Term,
        );
        Self {
            origin: format!("{scheme}://{}", place.authority()),
            place,
            shows,
            folder,
            daemon,
        }
    }

    /// A policy that permits only this server.
    pub fn policy(&self) -> String {
        format!("allow: ['{}']\nnetworks: [{LOOPBACK}]\n", self.origin)
    }

    /// Replace its workers by new ones.
    pub fn reload(&self) {
        self.daemon.signal("HUP");
    }

    /// End it, and return where it was.
    pub fn end(self) -> Place {
        self.place
    }

    /// Wait until it has no connection open.
    pub async fn wait_until_alone(&self) {
        wait_until_alone(self.place.address).await;
    }

    /// The path of a file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A text without what differs from run to run.
    pub fn hidden(&self, text: &str) -> String {
        self.place
            .hidden(text)
            .replace(&self.shows.sha256, "CERTIFICATE")
            .replace(&self.shows.pin, "PIN")
    }
}

fn configuration(listen: &str, directives: &str) -> String {
    format!(
        "daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {{ worker_connections 512; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    default_type text/plain;
    ssl_certificate certificate.pem;
    ssl_certificate_key key.pem;
    ssl_client_certificate clients.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen {listen};
        {directives}
    }}
}}
"
    )
}
