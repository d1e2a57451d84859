//! The real component in the real host, against programs that others wrote:
//! nginx, Apache, squid, tinyproxy and microsocks, as Debian packages them.
//!
//! Our own test servers may misread an RFC as the host does. These programs show such errors: how a
//! busy server ends connections that are in use, what a proxy makes of the target that it is given,
//! what is in its log.
//!
//! `make test-real` installs the programs (`install`, beside this file) and runs all of it. Each
//! test starts the daemons that it needs, on their own loopback addresses, as an unprivileged user,
//! and they end with it.

// The tests' tools.
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
