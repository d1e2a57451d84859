//! Lookups in their number: of a tenant, and of those that nobody waits for.

use std::sync::Mutex;

use tokio::sync::Semaphore;

use super::*;

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const IMPATIENT: Duration = Duration::from_millis(1);

/// Answers when it may, as the system would: whoever waits or does not. A name
/// that is silent it does not answer.
#[derive(Clone)]
struct Slow {
    may_answer: Arc<Semaphore>,
    requested: Arc<Mutex<Vec<String>>>,
}

impl Resolve for Slow {
    fn resolve(&self, name: &str) -> Addresses {
        self.requested.lock().unwrap().push(name.to_owned());
        let may_answer = Arc::clone(&self.may_answer);
        match name {
            "silent.test" => Box::pin(std::future::pending()),
            "broken.test" => Box::pin(async { panic!("it is broken") }),
            "quick.test" => Box::pin(async { Ok(vec![ADDRESS]) }),
            _ => Box::pin(async move {
                may_answer.acquire().await.unwrap().forget();
                Ok(vec![ADDRESS])
            }),
        }
    }
}

impl Slow {
    fn new() -> (Self, Lookups) {
        let slow = Self {
            may_answer: Arc::new(Semaphore::new(0)),
            requested: Arc::default(),
        };
        let lookups = Lookups::new(Arc::new(slow.clone()));
        (slow, lookups)
    }

    /// How many names it was asked for since the last time.
    fn requested(&self) -> usize {
        std::mem::take(&mut *self.requested.lock().unwrap()).len()
    }
}

/// What comes of a lookup that is given up soon, and None if that is what comes.
async fn ask(lookups: &Lookups, tenant: &str, name: &str) -> Option<io::Result<Vec<IpAddr>>> {
    timeout(IMPATIENT, lookups.addresses(&tenant.into(), name))
        .await
        .ok()
}

fn answer(found: Option<io::Result<Vec<IpAddr>>>) -> Option<Vec<IpAddr>> {
    found.map(Result::unwrap)
}

#[tokio::test(start_paused = true)]
async fn lookups_that_a_tenant_gives_up_leave_others_theirs() {
    let (slow, lookups) = Slow::new();
    for _ in 0..2 * AT_A_TIME {
        assert_eq!(answer(ask(&lookups, "crowd", "slow.test").await), None);
    }
    assert_eq!(slow.requested(), AT_A_TIME / 2);
    let others = ask(&lookups, "other", "quick.test").await;
    assert_eq!(answer(others), Some(vec![ADDRESS]));
    // They count for the crowd until they are at their end.
    assert_eq!(answer(ask(&lookups, "crowd", "quick.test").await), None);
    assert_eq!(slow.requested(), 1);
    slow.may_answer.add_permits(1);
    let own = ask(&lookups, "crowd", "quick.test").await;
    assert_eq!(answer(own), Some(vec![ADDRESS]));
    slow.may_answer.add_permits(AT_A_TIME);
    tokio::time::sleep(IMPATIENT).await;
    assert_eq!(lookups.permits.available(), AT_A_TIME);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_without_end_is_dropped_in_time() {
    let (slow, lookups) = Slow::new();
    for _ in 0..AT_A_TIME {
        assert_eq!(answer(ask(&lookups, "", "silent.test").await), None);
    }
    assert_eq!(slow.requested(), AT_A_TIME);
    assert_eq!(lookups.permits.available(), 0);
    let late = lookups.addresses(&"".into(), "quick.test").await;
    assert_eq!(late.unwrap(), [ADDRESS]);
    let forgotten = lookups.addresses(&"".into(), "silent.test").await;
    assert_eq!(
        forgotten.unwrap_err().to_string(),
        "the resolver does not answer within 300 s"
    );
    assert_eq!(lookups.permits.available(), AT_A_TIME);
}

#[tokio::test]
async fn a_resolver_that_panics_costs_a_lookup() {
    let (_, lookups) = Slow::new();
    let broken = lookups.addresses(&"".into(), "broken.test").await;
    assert_eq!(broken.unwrap_err().to_string(), "the resolver failed");
    assert_eq!(lookups.permits.available(), AT_A_TIME);
}
