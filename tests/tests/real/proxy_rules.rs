//! The policy covers where a request goes, not what carries it: seen from the proxy.

use expect_test::expect;

use crate::nginx::{Nginx, Speaks};
use crate::place::LOOPBACK;
use crate::proxy::{CREDENTIALS, Program, Proxy, Setup};
use crate::visit::{report, run};

const OK: &str = r#"location / { return 200 "ok\n"; }"#;

struct Scene {
    nginx: Nginx,
    proxy: Proxy,
    text: String,
}

impl Scene {
    fn new(speaks: Speaks, setup: Setup) -> Self {
        let nginx = Nginx::start(speaks, OK);
        let proxy = Proxy::start(Program::Squid, setup, &[&nginx.place]);
        Self {
            nginx,
            proxy,
            text: String::new(),
        }
    }

    async fn get(&mut self, what: &str, step: &str, policy: &str) {
        let step = format!("get: {}/\n{step}", self.nginx.origin);
        let result = run(&step, policy).await;
        self.text.push_str(&format!("{what}\n{}", report(&result)));
    }

    /// The results, and what the proxy was asked for.
    fn text(self, requests: usize) -> String {
        let Self { nginx, proxy, text } = self;
        let text = nginx.hidden(&text);
        // A tunnel is logged when it has ended.
        let nginx = nginx.end();
        let log = nginx.hidden(&proxy.log(requests));
        proxy.place.hidden(&format!("{text}its log:\n{log}"))
    }
}

#[tokio::test]
#[ignore = "needs nginx, squid: make test-real"]
async fn a_proxy_sees_no_denied_request() {
    let mut scene = Scene::new(Speaks::Https2, Setup::default());
    let (origin, url) = (scene.nginx.origin.clone(), scene.proxy.url.clone());
    let proxies = format!("proxies: {{all: '{url}'}}");
    let other = format!("allow: [https://other.test]\n{proxies}");
    scene.get("no rule names it", "", &other).await;
    let method = format!("allow: [{{origin: '{origin}', methods: [POST]}}]\n{proxies}");
    scene.get("not by this method", "", &method).await;
    let public = format!("allow: ['{origin}']\n{proxies}");
    scene.get("its address is not public", "", &public).await;
    let allowed = format!("allow: ['{origin}']\nnetworks: [{LOOPBACK}]\n{proxies}");
    scene.get("allowed", "", &allowed).await;
    expect![[r#"
        no rule names it
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow https://nginx.test:PORT: no rule matches it
        {}
        not by this method
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow GET https://nginx.test:PORT: `policy.yaml:1: https://nginx.test:PORT` allows only POST
        {}
        its address is not public
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow https://nginx.test:PORT: it resolves to the loopback address NGINX
        {"proxy":"http://squid.test:PORT"}
        allowed
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        its log:
        CONNECT NGINX:PORT 200 -
    "#]].assert_eq(&scene.text(1));
}

#[tokio::test]
#[ignore = "needs nginx, squid: make test-real"]
async fn who_resolves_the_name() {
    let mut text = String::new();
    for (what, speaks, resolve) in [
        ("an address that was checked", Speaks::Https2, "host"),
        ("a name", Speaks::Https2, "proxy"),
        // The forwarded request names the whole URL in either case.
        ("a URL", Speaks::Http, "host"),
        ("a URL", Speaks::Http, "proxy"),
    ] {
        let mut scene = Scene::new(speaks, Setup::default());
        let policy = format!(
            "{}proxies: {{all: '{}', resolve: {resolve}}}",
            scene.nginx.policy(),
            scene.proxy.url
        );
        scene.get(what, "", &policy).await;
        text.push_str(&scene.text(1));
    }
    expect![[r#"
        an address that was checked
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        its log:
        CONNECT NGINX:PORT 200 -
        a name
        | ok
        Success: Status code: 200
        {"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        its log:
        CONNECT nginx.test:PORT 200 -
        a URL
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":3,"bytes_decoded":3}
        its log:
        GET http://nginx.test:PORT/ 200 -
        a URL
        | ok
        Success: Status code: 200
        {"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","status":200,"bytes_received":3,"bytes_decoded":3}
        its log:
        GET http://nginx.test:PORT/ 200 -
    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx, squid: make test-real"]
async fn hosts_that_bypass_the_proxy() {
    let mut scene = Scene::new(Speaks::Https2, Setup::default());
    let name = scene.nginx.place.name.clone();
    for (what, no_proxy) in [
        ("all below test", "test"),
        ("this name", name.as_str()),
        // Names are not resolved for this.
        ("a network", LOOPBACK),
        ("all", "'*'"),
    ] {
        let policy = format!(
            "{}proxies: {{all: '{}', no_proxy: [{no_proxy}]}}",
            scene.nginx.policy(),
            scene.proxy.url
        );
        scene.get(what, "", &policy).await;
    }
    expect![[r#"
        all below test
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        this name
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        a network
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        all
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        its log:
        CONNECT NGINX:PORT 200 -
    "#]].assert_eq(&scene.text(1));
}

#[tokio::test]
#[ignore = "needs nginx, squid: make test-real"]
async fn a_proxy_named_by_a_step() {
    let mut scene = Scene::new(
        Speaks::Https2,
        Setup {
            requires_credentials: true,
            ..Setup::default()
        },
    );
    let url = scene.proxy.url.clone();
    let with_credentials = scene.proxy.url_with(CREDENTIALS);
    let plain = scene.nginx.policy();
    let names = |url: &str| format!("proxies: {{https: '{url}'}}");
    let may = |url: &str| format!("{plain}proxies: {{steps_may_use: ['{url}']}}");
    scene
        .get("which the policy does not", &names(&url), &plain)
        .await;
    let others = may("http://other.test:3128");
    scene
        .get("while the policy names another", &names(&url), &others)
        .await;
    scene
        .get(
            "with credentials of the step",
            &names(&with_credentials),
            &may(&url),
        )
        .await;
    scene
        .get(
            "with credentials of the policy",
            &names(&url),
            &may(&with_credentials),
        )
        .await;
    scene.get("without", &names(&url), &may(&url)).await;
    expect![[r#"
        which the policy does not
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow the proxy http://squid.test:PORT for https://nginx.test:PORT: steps may not use this proxy
        {}
        while the policy names another
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow the proxy http://squid.test:PORT for https://nginx.test:PORT: steps may not use this proxy
        {}
        with credentials of the step
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        with credentials of the policy
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"SQUID:PORT","proxy":"http://squid.test:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        without
        Exception: Requested (exception)
        Connect, sent No: the proxy http://squid.test:PORT did not connect: it wants a user name and a password (status 407)
        {"addresses":["NGINX"],"proxy":"http://squid.test:PORT"}
        its log:
        CONNECT NGINX:PORT 407 -
        CONNECT NGINX:PORT 200 ci
    "#]].assert_eq(&scene.text(2));
}
