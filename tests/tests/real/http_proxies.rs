//! squid and tinyproxy: what they are asked for, what the server sees, and what a step reports when
//! they fail.

use expect_test::expect;

use crate::nginx::{Nginx, Speaks};
use crate::proxy::{CREDENTIALS, Program, Proxy, Setup};
use crate::visit::{report, run, run_end};

const HTTP_PROXIES: [Program; 3] = [Program::Squid, Program::SecureSquid, Program::Tinyproxy];

/// Returns how it was requested, and the proxy, if that identifies itself.
const ASKED: &str = r#"location / {
    if ($http_via) { return 200 "$request for $http_host by a proxy, $http_proxy_authorization\n"; }
    return 200 "$request for $http_host, $http_proxy_authorization\n";
}"#;

struct Scene {
    nginx: Nginx,
    proxy: Proxy,
}

impl Scene {
    fn new(speaks: Speaks, program: Program, setup: Setup) -> Self {
        let nginx = Nginx::start(speaks, ASKED);
        let proxy = Proxy::start(program, setup, &[&nginx.place]);
        Self { nginx, proxy }
    }

    /// The result of a step that uses a proxy of this URL.
    async fn report(&self, proxy: &str) -> String {
        let step = format!("get: {}/path?query", self.nginx.origin);
        let policy = format!("{}proxies: {{all: '{proxy}'}}", self.nginx.policy());
        self.hidden(&report(&run(&step, &policy).await))
    }

    /// What the proxy was asked for, read after the server has ended.
    fn log(self, at_least: usize) -> String {
        let Self { nginx, proxy } = self;
        let nginx = nginx.end();
        proxy.place.hidden(&nginx.hidden(&proxy.log(at_least)))
    }

    fn hidden(&self, text: &str) -> String {
        self.nginx.hidden(&self.proxy.place.hidden(text))
    }
}

#[tokio::test]
#[ignore = "needs nginx, squid, tinyproxy: make test-real"]
async fn http_is_forwarded_and_https_is_tunnelled() {
    let mut text = String::new();
    for program in HTTP_PROXIES {
        for speaks in [Speaks::Http, Speaks::Https2] {
            let scene = Scene::new(speaks, program, Setup::default());
            for _ in 0..2 {
                text.push_str(&scene.report(&scene.proxy.url).await);
            }
            text.push_str(&format!("its log:\n{}\n", scene.log(1)));
        }
    }
    expect![[r#"
        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"reused","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        its log:
        GET http://nginx.test:PORT/path?query 200 -
        GET http://nginx.test:PORT/path?query 200 -

        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        its log:
        CONNECT NGINX:PORT 200 -

        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"reused","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        its log:
        GET http://nginx.test:PORT/path?query 200 -
        GET http://nginx.test:PORT/path?query 200 -

        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        its log:
        CONNECT NGINX:PORT 200 -

        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        its log:
        GET http://nginx.test:PORT/path?query HTTP/1.1
        GET http://nginx.test:PORT/path?query HTTP/1.1

        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        its log:
        CONNECT NGINX:PORT HTTP/1.1

    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx, squid, tinyproxy: make test-real"]
async fn a_proxy_that_requires_credentials() {
    let setup = Setup {
        requires_credentials: true,
        ..Setup::default()
    };
    let mut text = String::new();
    for program in HTTP_PROXIES {
        for speaks in [Speaks::Http, Speaks::Https2] {
            let scene = Scene::new(speaks, program, setup);
            for credentials in [CREDENTIALS, "ci:wrong"] {
                text.push_str(&scene.report(&scene.proxy.url_with(credentials)).await);
            }
            text.push_str(&scene.report(&scene.proxy.url).await);
            text.push('\n');
        }
    }
    expect![[r#"
        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        | a page
        Failure: Status code: 407 (failure)
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":407}
        | a page
        Failure: Status code: 407 (failure)
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":407}

        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        Exception: Requested (exception)
        Connect, sent No: the proxy http://squid.test:PORT did not connect: it does not accept the user name and the password (status 407)
        {"addresses":["NGINX"],"proxy":"http://squid.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy http://squid.test:PORT did not connect: it wants a user name and a password (status 407)
        {"addresses":["NGINX"],"proxy":"http://squid.test:PORT"}

        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        | a page
        Failure: Status code: 407 (failure)
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":407}
        | a page
        Failure: Status code: 407 (failure)
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":407}

        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"https://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        Exception: Requested (exception)
        Connect, sent No: the proxy https://squid.test:PORT did not connect: it does not accept the user name and the password (status 407)
        {"addresses":["NGINX"],"proxy":"https://squid.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy https://squid.test:PORT did not connect: it wants a user name and a password (status 407)
        {"addresses":["NGINX"],"proxy":"https://squid.test:PORT"}

        | GET /path?query HTTP/1.1 for nginx.test:PORT by a proxy,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":71,"bytes_decoded":71}
        | a page
        Failure: Status code: 401 (failure)
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":401}
        | a page
        Failure: Status code: 407 (failure)
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":407}

        | GET /path?query HTTP/2.0 for nginx.test:PORT,
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"TINYPROXY:PORT","proxy":"http://tinyproxy.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":60,"bytes_decoded":60}
        Exception: Requested (exception)
        Connect, sent No: the proxy http://tinyproxy.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 401)
        {"addresses":["NGINX"],"proxy":"http://tinyproxy.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy http://tinyproxy.test:PORT did not connect: it wants a user name and a password (status 407)
        {"addresses":["NGINX"],"proxy":"http://tinyproxy.test:PORT"}

    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx, squid, tinyproxy: make test-real"]
async fn a_proxy_that_refuses_tunnels() {
    let setup = Setup {
        refuses_tunnels: true,
        ..Setup::default()
    };
    let mut text = String::new();
    for program in HTTP_PROXIES {
        let scene = Scene::new(Speaks::Https2, program, setup);
        text.push_str(&scene.report(&scene.proxy.url).await);
    }
    expect![[r#"
        Exception: Requested (exception)
        Connect, sent No: the proxy http://squid.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 403)
        {"addresses":["NGINX"],"proxy":"http://squid.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy https://squid.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 403)
        {"addresses":["NGINX"],"proxy":"https://squid.test:PORT"}
        Exception: Requested (exception)
        Connect, sent No: the proxy http://tinyproxy.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 403)
        {"addresses":["NGINX"],"proxy":"http://tinyproxy.test:PORT"}
    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx, squid, tinyproxy: make test-real"]
async fn a_proxy_that_can_not_reach_the_server() {
    let mut text = String::new();
    for program in HTTP_PROXIES {
        for speaks in [Speaks::Http, Speaks::Https2] {
            let Scene { nginx, proxy } = Scene::new(speaks, program, Setup::default());
            let step = format!("get: {}/", nginx.origin);
            let policy = format!("{}proxies: {{all: '{}'}}", nginx.policy(), proxy.url);
            let nginx = nginx.end();
            // The page is the proxy's own, with its version and the time.
            let run_end = run_end(&run(&step, &policy).await);
            text.push_str(&proxy.place.hidden(&nginx.hidden(&run_end)));
        }
    }
    expect![[r#"
        Failure: Status code: 503 (failure)
        Exception: Requested (exception)
        Connect, sent No: the proxy http://squid.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 503)
        Failure: Status code: 503 (failure)
        Exception: Requested (exception)
        Connect, sent No: the proxy https://squid.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 503)
        Failure: Status code: 500 (failure)
        Exception: Requested (exception)
        Connect, sent No: the proxy http://tinyproxy.test:PORT did not connect: it refused a tunnel to NGINX:PORT (status 500)
    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx, squid: make test-real"]
async fn a_missing_proxy() {
    let Scene { nginx, proxy } = Scene::new(Speaks::Http, Program::Squid, Setup::default());
    let step = format!("get: {}/", nginx.origin);
    let policy = format!("{}proxies: {{all: '{}'}}", nginx.policy(), proxy.url);
    let proxy = proxy.end();
    let result = run(&step, &policy).await;
    expect![[r#"
        Exception: Requested (exception)
        Connect, sent No: the proxy http://squid.test:PORT did not connect: could not connect to SQUID: connection refused
        {"addresses":["NGINX"],"proxy":"http://squid.test:PORT"}
    "#]].assert_eq(&proxy.hidden(&nginx.hidden(&report(&result))));
}
