//! Limits of lookups: of a tenant, and of cancelled ones.

use std::sync::Mutex;

use tokio::sync::Semaphore;

use super::*;

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const IMPATIENT: Duration = Duration::from_millis(1);

/// Answers only with a permit, even if the caller has given up, as the system does. It never
/// answers for the silent name.
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

    /// The number of lookups since the last call.
    fn requested(&self) -> usize {
        std::mem::take(&mut *self.requested.lock().unwrap()).len()
    }
}

/// The result of a lookup that is cancelled early; none if it was cancelled.
async fn ask(lookups: &Lookups, tenant: &str, name: &str) -> Option<io::Result<Vec<IpAddr>>> {
    timeout(IMPATIENT, lookups.addresses(&tenant.into(), name))
        .await
        .ok()
}

fn answer(found: Option<io::Result<Vec<IpAddr>>>) -> Option<Vec<IpAddr>> {
    found.map(Result::unwrap)
}

#[tokio::test(start_paused = true)]
async fn cancelled_lookups_of_a_tenant_leave_permits_for_others() {
    let (slow, lookups) = Slow::new();
    for _ in 0..2 * AT_A_TIME {
        assert_eq!(answer(ask(&lookups, "crowd", "slow.test").await), None);
    }
    assert_eq!(slow.requested(), AT_A_TIME / 2);
    let others = ask(&lookups, "other", "quick.test").await;
    assert_eq!(answer(others), Some(vec![ADDRESS]));
    // They count for their tenant until they end.
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
async fn an_endless_lookup_is_dropped() {
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
async fn a_panicking_resolver_fails_only_its_lookup() {
    let (_, lookups) = Slow::new();
    let broken = lookups.addresses(&"".into(), "broken.test").await;
    assert_eq!(broken.unwrap_err().to_string(), "the resolver failed");
    assert_eq!(lookups.permits.available(), AT_A_TIME);
}
