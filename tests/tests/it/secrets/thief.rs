//! A component that tries to get at values, and a search for them in all that it could see.

use std::sync::{Arc, LazyLock, Mutex};

use aho_corasick::AhoCorasick;
use http_step_host::policy::{Policy, Secret};
use http_step_host::{Job, Limits, RunResult, Step, Stream};
use http_step_tests::{Answer, Bench, Guest, Service, TraceLog, Traces, step_file, transcript};
use tracing::Level;

use crate::secrets::vault::Vault;

/// The value to steal. Each of its forms is different.
pub const VALUE: &str = "S3cr&t \"W<o>rd'/é+?~kZ";

/// A value that is valid in a field name.
pub const PLAIN_VALUE: &str = "S3cr-t+W0rd~kZ9!x";

/// The values, by reference.
pub const VAULT: Vault = Vault(&[
    ("TOKEN", VALUE),
    ("PLAIN", PLAIN_VALUE),
    ("GITHUB", GITHUB_VALUE),
    ("DIGIT", "1"),
    ("LETTER", "zz-b"),
    ("DOT", ".a;b"),
]);

/// The key of GitHub's example.
pub const GITHUB_VALUE: &str = "It's a Secret to Everybody";

static BENCH: LazyLock<Bench> =
    LazyLock::new(|| Bench::with(|host| host.secret_source("vault", VAULT)));

static STEP: LazyLock<Step> = LazyLock::new(|| thief_of(&BENCH));

/// The bench that tests share unless they need their own.
pub fn bench() -> &'static Bench {
    &BENCH
}

fn thief_of(bench: &Bench) -> Step {
    bench.host.load(&Guest::StealsSecrets.wasm()).unwrap()
}

/// A run of the thief, to be set up.
pub struct Thief {
    orders: Vec<String>,
    policy: Policy,
    tenant: &'static str,
    bench: Option<Bench>,
}

/// The result of a thief's run.
pub struct Loot {
    pub result: RunResult,
    /// What people saw while it ran, piece by piece.
    pub seen: String,
    pub pieces: Vec<String>,
    /// The host's spans and events.
    pub events: String,
    /// What was in its memory at the end.
    pub memory: Vec<u8>,
}

impl Thief {
    /// A thief with a granted secret, which may reach nothing yet.
    pub fn granted(secret: Secret) -> Self {
        // The names of tests lead to loopback.
        let loopback = "127.0.0.0/8".parse().unwrap();
        Self::under(
            Policy::nothing()
                .allow_network(loopback)
                .grant_secret(secret),
        )
    }

    pub fn under(policy: Policy) -> Self {
        Self {
            orders: Vec::new(),
            policy,
            tenant: "",
            bench: None,
        }
    }

    /// It may reach an origin.
    pub fn reaches(mut self, origin: &str) -> Self {
        self.policy = self.policy.allow(origin.parse().unwrap());
        self
    }

    pub fn tenant(mut self, tenant: &'static str) -> Self {
        self.tenant = tenant;
        self
    }

    /// In the test's own host.
    pub fn on(mut self, bench: Bench) -> Self {
        self.bench = Some(bench);
        self
    }

    /// An order to try.
    pub fn tries(mut self, order: impl Into<String>) -> Self {
        self.orders.push(order.into());
        self
    }

    /// Run it. At the end it sends its memory to a server without a grant.
    pub async fn run(mut self) -> Loot {
        let dump = Service::start(|_| Answer::default()).await;
        let orders = std::mem::take(&mut self.orders).join("\n");
        let data = serde_json::Value::from(format!("{orders}\nmemory {}/", dump.origin));
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let keeping = Arc::clone(&seen);
        let limits = Limits {
            requests: 100_000,
            ..Limits::default()
        };
        let file = step_file(&format!("post: {}/\ndata: {data}", dump.origin));
        let policy = self.policy.allow(dump.origin.parse().unwrap());
        let job = Job::new(file, policy)
            .tenant(self.tenant)
            .limits(limits)
            .sink(move |_: Stream, text: &str| keeping.lock().unwrap().push(text.to_owned()));
        let events = TraceLog::start(Level::TRACE);
        let result = match &self.bench {
            None => BENCH.host.run(&STEP, job).await,
            Some(bench) => bench.host.run(&thief_of(bench), job).await,
        };
        let dumped = dump.requests();
        let [dumped] = dumped.as_slice() else {
            panic!("no memory: {result:#?}");
        };
        assert!(dumped.body.len() > 1 << 20);
        let pieces = seen.lock().unwrap().clone();
        Loot {
            result,
            events: events.text(),
            seen: pieces.concat(),
            pieces,
            memory: dumped
                .body
                .iter()
                .map(|byte| byte.wrapping_sub(85))
                .collect(),
        }
    }
}

impl Loot {
    /// Assert that no form of these values, nor a part of one, is anywhere.
    pub fn has_nothing_of(&self, values: &[&str]) {
        let traces = Traces::new(values).apart_from(&Guest::StealsSecrets.wasm());
        self.is_without(|bytes| traces.first_in(bytes));
    }

    /// Assert that none of these texts is anywhere, whole. Parts of a signature may be, since it
    /// consists of digits.
    pub fn has_no(&self, texts: &[&str]) {
        let mut builder = AhoCorasick::builder();
        let searcher = builder.ascii_case_insensitive(true).build(texts).unwrap();
        self.is_without(|bytes| {
            let found = searcher.find(bytes)?;
            Some(texts[found.pattern()].to_owned())
        });
    }

    fn is_without(&self, first_in: impl Fn(&[u8]) -> Option<String>) {
        let log: String = self.result.log.iter().map(|it| it.text.as_str()).collect();
        let json = serde_json::to_string(&self.result).unwrap();
        // As text, too: JSON has its own escapes.
        let debug = format!("{:?}", self.result);
        for (what, bytes) in [
            ("the memory", self.memory.as_slice()),
            ("the log", log.as_bytes()),
            ("what is traced", self.events.as_bytes()),
            ("what people saw", self.seen.as_bytes()),
            ("the result", json.as_bytes()),
            ("the result", debug.as_bytes()),
        ] {
            if let Some(found) = first_in(bytes) {
                panic!("{what} has {found}");
            }
        }
        assert_eq!(log, self.seen);
    }

    /// Its log, in order, without the dump; the origin is shown as `ORIGIN`.
    pub fn report(&self, origin: &str) -> String {
        let text = transcript(&self.result, origin);
        // The host's additions come after it.
        let end = text.rfind("o|status 200\no|content-length: 0\no|\no|\n");
        text[..end.unwrap()].to_owned()
    }
}
