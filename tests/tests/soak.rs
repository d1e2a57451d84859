//! Two minutes of everything at once: well-behaved steps, hostile components,
//! hostile servers, 256 at a time in one host. No well-behaved step fails, and
//! the process does not grow.
//!
//! `make soak` runs it; `SOAK_SECONDS` makes it shorter or longer.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::env;
use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use http_step_host::{Host, Job, Limits, Outcome, Policy, Step, StepFile};
use http_step_tests::{Guest, Scripted, reference_of, step_file};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How many steps run at a time.
const AT_A_TIME: usize = 256;

/// How long a round is. Memory is measured after each, when no step runs: running steps would
/// differ by more than the growth that is looked for.
const ROUND: Duration = Duration::from_secs(10);

/// How many rounds come before the two minutes. Slots, connections and the allocator's arenas are
/// set up on first use, and it takes some rounds until each of 256 slots has run each of the
/// hostile components.
const WARM_UP: usize = 3;

/// The pause after a round.
const BREATH: Duration = Duration::from_millis(500);

/// How much more memory the process may have in the last third of the rounds than in the first, in
/// per cent of the medians. Comparing single rounds would measure memory that is not yet given
/// back.
const MAX_GROWTH: f64 = 5.0;

/// How long idle connections may take to close: their timeout is 30 seconds.
const SETTLE: Duration = Duration::from_secs(45);

/// What is run, again and again.
struct Scene {
    host: Host,
    reference: Step,
    good: Vec<StepFile>,
    hostile: Vec<Step>,
    /// Step files for hostile servers, and for the good one.
    lures: Vec<StepFile>,
    policy: Policy,
    next: AtomicUsize,
    /// How many steps had which result, with the other results of good ones.
    tally: Mutex<BTreeMap<String, usize>>,
}

#[test]
#[ignore = "takes two minutes: make soak"]
fn nothing_fails_and_nothing_grows() {
    let seconds = env::var_os("SOAK_SECONDS")
        .map_or(120, |seconds| seconds.to_str().unwrap().parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(soak(Duration::from_secs(seconds)));
}

async fn soak(duration: Duration) {
    let scene = Arc::new(Scene::set_up().await);
    // Once, for what is set up on first use, including descriptors.
    for _ in 0..4 {
        scene.step().await;
    }
    settled(&scene.host).await;
    let descriptors = descriptors();

    for _ in 0..WARM_UP {
        play(&scene, ROUND).await;
    }
    scene.tally.lock().unwrap().clear();
    let started = Instant::now();
    let mut resident = Vec::new();
    while started.elapsed() < duration {
        play(&scene, ROUND).await;
        // What was dropped last is released by tasks.
        tokio::time::sleep(BREATH).await;
        give_back();
        resident.push(resident_bytes());
    }
    let third = resident.len().div_ceil(3);
    let late = median(&resident[resident.len() - third..]);
    let growth = (late / median(&resident[..third]) - 1.0) * 100.0;
    let tally = std::mem::take(&mut *scene.tally.lock().unwrap());
    println!("steps: {tally:#?}");
    let mebibytes: Vec<_> = resident.iter().map(|bytes| bytes >> 20).collect();
    println!("resident after each round, in MiB: {mebibytes:?}");
    println!("their last third against their first: {growth:+.1} %");
    let failed: Vec<_> = tally
        .iter()
        .filter(|(what, _)| what.starts_with("good: ") && *what != "good: success")
        .collect();
    assert!(failed.is_empty(), "well-behaved steps failed: {failed:#?}");
    assert!(tally["good: success"] > AT_A_TIME);
    assert!(growth < MAX_GROWTH, "it grows by {growth:.1} %");

    settled(&scene.host).await;
    let left = self::descriptors();
    println!("descriptors: {descriptors} at the start, {left} at the end");
    assert!(
        left <= descriptors,
        "{descriptors} descriptors became {left}"
    );
}

/// Run steps for some time, and wait for their end.
async fn play(scene: &Arc<Scene>, duration: Duration) {
    let started = Instant::now();
    let mut players = JoinSet::new();
    for _ in 0..AT_A_TIME {
        let scene = Arc::clone(scene);
        players.spawn(async move {
            while started.elapsed() < duration {
                scene.step().await;
            }
        });
    }
    while let Some(player) = players.join_next().await {
        player.unwrap();
    }
}

impl Scene {
    async fn set_up() -> Self {
        let host = Host::builder().build().unwrap();
        let reference = reference_of(&host);
        let origin = serve().await;
        let lies = Scripted::closes_after("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
        let babble = Scripted::closes_after("SSH-2.0-OpenSSH_9.6\r\n").await;
        let silence = Scripted::hangs_after("").await;
        let closed_port = Scripted::closed_port().await;
        let good = [
            format!("get: {origin}/"),
            format!(
                "post: {origin}/echo\njson: {{build: 42, log: {}}}",
                "x".repeat(4096)
            ),
            format!("get: {origin}/redirect"),
            format!("get: {origin}/gzip"),
            format!(
                "put: {origin}/echo\ndata: {{a: 1}}\nheaders: {{X-Token: t}}\nhide_request_headers: [X-Token]"
            ),
        ];
        let lures = [
            &origin,
            &lies.origin,
            &babble.origin,
            &silence.origin,
            &closed_port,
        ];
        let policy = lures.iter().fold(Policy::nothing(), |policy, origin| {
            policy.allow(origin.parse().unwrap())
        });
        let hostile = Guest::ALL.iter();
        Self {
            reference,
            good: good.iter().map(|text| step_file(text)).collect(),
            // Components that are not steps can't be loaded.
            hostile: hostile
                .filter_map(|guest| host.load(&guest.wasm()).ok())
                .collect(),
            lures: lures
                .iter()
                .map(|origin| step_file(&format!("get: {origin}/\ntimeout: 0.5")))
                .collect(),
            policy,
            host,
            next: AtomicUsize::new(0),
            tally: Mutex::default(),
        }
    }

    /// Run the next step of the round: a good one, then a hostile one.
    async fn step(&self) {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let (step, file, limits) = if count.is_multiple_of(2) {
            let file = &self.good[count / 2 % self.good.len()];
            (&self.reference, file, Limits::default())
        } else {
            // One of them is the reference step, against hostile servers.
            let file = &self.lures[count / 2 % self.lures.len()];
            let step = match count / 2 % (self.hostile.len() + 1) {
                0 => &self.reference,
                index => &self.hostile[index - 1],
            };
            (step, file, harsh())
        };
        let job = Job::new(file.clone(), self.policy.clone()).limits(limits);
        let result = self.host.run(step, job).await;
        let what = match (count % 2, result.outcome) {
            (0, Outcome::Success) => "good: success".to_owned(),
            (0, _) => format!("good: {}, {:?}", result.summary, result.error),
            (_, outcome) => format!("hostile: {outcome:?}"),
        };
        *self.tally.lock().unwrap().entry(what).or_default() += 1;
    }
}

/// The limits of a hostile component.
fn harsh() -> Limits {
    Limits {
        wall: Duration::from_secs(2),
        cpu: Duration::from_millis(50),
        memory: 16 << 20,
        log_kept: 64 << 10,
        log_bytes: 1 << 20,
        bytes_sent: 1 << 20,
        bytes_received: 1 << 20,
        ..Limits::default()
    }
}

/// A service that keeps no requests: its memory is measured, too.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let serving =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(serving);
        }
    });
    origin
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.collect().await.map(|body| body.to_bytes());
    let mut answer = Response::new(Full::default());
    match path.as_str() {
        "/echo" => *answer.body_mut() = body.unwrap_or_default().into(),
        "/redirect" => {
            *answer.status_mut() = http::StatusCode::FOUND;
            answer
                .headers_mut()
                .insert(header::LOCATION, "/gzip".parse().unwrap());
        }
        "/gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&[b'x'; 16 << 10]).unwrap();
            *answer.body_mut() = encoder.finish().unwrap().into();
            answer
                .headers_mut()
                .insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        }
        _ => *answer.body_mut() = "ok".into(),
    }
    Ok(answer)
}

/// Wait until nothing runs and no connection is kept.
async fn settled(host: &Host) {
    let started = Instant::now();
    loop {
        let resources = host.resources();
        if resources.slots == 0 && resources.requests == 0 && resources.idle_connections == 0 {
            // The other end closes after it has noticed.
            tokio::time::sleep(Duration::from_millis(500)).await;
            return;
        }
        assert!(started.elapsed() < SETTLE, "{resources:#?}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn median(samples: &[usize]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_unstable();
    let (low, high) = ((samples.len() - 1) / 2, samples.len() / 2);
    (samples[low] + samples[high]) as f64 / 2.0
}

/// Have the allocator give back all free pages. By itself it keeps a varying part of what 256
/// concurrent steps used: half as much again or as little, from one round to the next. Of arenas
/// other than the first it always keeps the end, so `make soak` allows only one.
fn give_back() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "a call of C")]
    // SAFETY: it has no conditions, malloc_trim(3).
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Bytes of memory that the process has.
fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kibibytes.parse::<usize>().unwrap() << 10
}

/// Open descriptors, except for the images of the components' memories, which the engine keeps as
/// long as a component is loaded.
fn descriptors() -> usize {
    const IMAGE: &str = "/memfd:wasm-memory-image";
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| !target.to_string_lossy().starts_with(IMAGE))
        .count()
}
