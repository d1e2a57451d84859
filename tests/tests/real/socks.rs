//! Through microsocks.

use expect_test::expect;

use crate::nginx::{Nginx, Speaks};
use crate::proxy::{CREDENTIALS, Program, Proxy, Setup};
use crate::visit::{report, run};

const OK: &str = r#"location / { return 200 "$request\n"; }"#;

/// The results of steps that use proxies of these URLs, and where microsocks has connected.
async fn text(speaks: Speaks, setup: Setup, urls: impl Fn(&Proxy) -> Vec<String>) -> String {
    let nginx = Nginx::start(speaks, OK);
    let proxy = Proxy::start(Program::Microsocks, setup, &[&nginx.place]);
    let mut text = String::new();
    let mut connected = 0;
    for url in urls(&proxy) {
        let step = format!("get: {}/path?query", nginx.origin);
        let policy = format!("{}proxies: {{all: '{url}'}}", nginx.policy());
        let result = run(&step, &policy).await;
        connected += usize::from(result.error.is_none());
        text.push_str(&nginx.hidden(&report(&result)));
    }
    let log = nginx.place.hidden(&proxy.log(connected));
    proxy.place.hidden(&format!("{text}connected to:\n{log}\n"))
}

#[tokio::test]
#[ignore = "needs nginx, microsocks: make test-real"]
async fn an_address_or_a_name() {
    let urls = |proxy: &Proxy| {
        let by_name = proxy.url.replace("socks5://", "socks5h://");
        vec![proxy.url.clone(), by_name]
    };
    let mut all = String::new();
    for speaks in [Speaks::Http, Speaks::Https2] {
        all.push_str(&text(speaks, Setup::default(), urls).await);
    }
    expect![[r#"
        | GET /path?query HTTP/1.1
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"MICROSOCKS:PORT","proxy":"socks5://microsocks.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":25,"bytes_decoded":25}
        | GET /path?query HTTP/1.1
        Success: Status code: 200
        {"peer":"MICROSOCKS:PORT","proxy":"socks5h://microsocks.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":25,"bytes_decoded":25}
        connected to:
        NGINX:PORT
        nginx.test:PORT

        | GET /path?query HTTP/2.0
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"MICROSOCKS:PORT","proxy":"socks5://microsocks.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":25,"bytes_decoded":25}
        | GET /path?query HTTP/2.0
        Success: Status code: 200
        {"peer":"MICROSOCKS:PORT","proxy":"socks5h://microsocks.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":25,"bytes_decoded":25}
        connected to:
        NGINX:PORT
        nginx.test:PORT

    "#]].assert_eq(&all);
}

#[tokio::test]
#[ignore = "needs nginx, microsocks: make test-real"]
async fn a_proxy_that_requires_credentials() {
    let setup = Setup {
        requires_credentials: true,
        ..Setup::default()
    };
    let urls = |proxy: &Proxy| {
        let with = |credentials| proxy.url_with(credentials);
        vec![with(CREDENTIALS), with("ci:wrong"), proxy.url.clone()]
    };
    let mut all = String::new();
    for speaks in [Speaks::Http, Speaks::Https2] {
        all.push_str(&text(speaks, setup, urls).await);
    }
    expect![[r#"
        | GET /path?query HTTP/1.1
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"MICROSOCKS:PORT","proxy":"socks5://microsocks.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":25,"bytes_decoded":25}
        Exception: Requested (exception)
        Connect, sent No: the proxy socks5://microsocks.test:PORT did not connect: Password auth failure, code: 2
        {"addresses":["NGINX"],"proxy":"socks5://microsocks.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy socks5://microsocks.test:PORT did not connect: No acceptable auth methods
        {"addresses":["NGINX"],"proxy":"socks5://microsocks.test:PORT"}
        connected to:
        NGINX:PORT

        | GET /path?query HTTP/2.0
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"MICROSOCKS:PORT","proxy":"socks5://microsocks.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":25,"bytes_decoded":25}
        Exception: Requested (exception)
        Connect, sent No: the proxy socks5://microsocks.test:PORT did not connect: Password auth failure, code: 2
        {"addresses":["NGINX"],"proxy":"socks5://microsocks.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy socks5://microsocks.test:PORT did not connect: No acceptable auth methods
        {"addresses":["NGINX"],"proxy":"socks5://microsocks.test:PORT"}
        connected to:
        NGINX:PORT

    "#]].assert_eq(&all);
}

#[tokio::test]
#[ignore = "needs nginx, microsocks: make test-real"]
async fn a_server_that_the_proxy_can_not_reach() {
    let nginx = Nginx::start(Speaks::Http, OK);
    let proxy = Proxy::start(Program::Microsocks, Setup::default(), &[]);
    let step = format!("get: {}/", nginx.origin);
    let policy = nginx.policy();
    // It does not know the name, and nothing is at the address any more.
    let nginx = nginx.end();
    let mut text = String::new();
    for scheme in ["socks5h", "socks5"] {
        let url = proxy.url.replace("socks5", scheme);
        let result = run(&step, &format!("{policy}proxies: {{all: '{url}'}}")).await;
        text.push_str(&report(&result));
    }
    expect![[r#"
        Exception: Requested (exception)
        Connect, sent No: the proxy socks5h://microsocks.test:PORT did not connect: General SOCKS server failure
        {"proxy":"socks5h://microsocks.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy socks5://microsocks.test:PORT did not connect: Connection refused
        {"addresses":["NGINX"],"proxy":"socks5://microsocks.test:PORT"}
    "#]].assert_eq(&proxy.place.hidden(&nginx.hidden(&text)));
}
