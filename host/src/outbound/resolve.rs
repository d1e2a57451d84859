//! From host names to addresses. The only file that asks for names.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// What a [`Resolve`] answers.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host name.
///
/// The addresses it gives are the ones that are checked and dialled: a name is
/// resolved once for a connection.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a name, in the order in which they are to be tried.
    fn resolve(&self, name: &str) -> Addresses;
}

/// How many names the system is asked for at a time. It may take half a minute
/// to give a name up and can't be stopped, and its threads are the process's.
const AT_A_TIME: usize = 64;

static QUESTIONS: Semaphore = Semaphore::const_new(AT_A_TIME);

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            let question = QUESTIONS.acquire().await.map_err(io::Error::other)?;
            spawn_blocking(move || {
                // Given back by the one who works, not by the one who waits.
                let _question = question;
                let found = (name, 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            })
            .await?
        })
    }
}
