//! The real component in the real host, against programs that others wrote:
//! nginx, Apache, squid, tinyproxy and microsocks, as Debian packages them.
//!
//! What our own test servers and our own reading of the RFCs have in common does
//! not show against them. These do: how a busy server ends connections that are
//! in use, what a proxy makes of the target it is given, what is in its log.
//!
//! `make test-real` installs the programs (`install`, beside this file) and runs
//! all of it. Each test starts the daemons that it needs, on loopback addresses
//! of their own, as an unprivileged user, and they end with it.

// What the tests are made of.
mod apache;
mod certificates;
mod daemon;
mod nginx;
mod place;
mod proxy;
mod visit;

// nginx.
mod bodies;
mod connections;
mod tls_terms;
mod verification;

// Apache.
mod digest;

// squid and tinyproxy; microsocks.
mod http_proxies;
mod proxy_rules;
mod socks;
