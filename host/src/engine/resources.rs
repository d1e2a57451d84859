//! What runs currently hold of a host's resources. A host without runs holds none; anything else is
//! a leak.

use super::Host;

/// What runs hold of a [`Host`]'s resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resources {
    /// Slots taken by running steps, out of those that the host was built with.
    pub slots: usize,
    /// Bytes of memory that are reserved for them, out of those that the host was [built
    /// with](crate::HostBuilder::memory); 0 without a bound.
    pub memory: u64,
    /// Instances of components.
    pub instances: u64,
    /// Instances of the core modules that components are made of.
    pub core_instances: u64,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Stacks that components run on.
    pub stacks: usize,
    /// Requests in flight.
    pub requests: usize,
    /// Connections that are kept open for the next request. They are closed after some time.
    pub idle_connections: usize,
}

impl Host {
    /// What runs currently hold. A run releases what it holds before it returns its result.
    #[must_use]
    pub fn resources(&self) -> Resources {
        let slots = self.slots.taken();
        let memory = self.slots.reserved();
        let requests = self
            .requests
            .saturating_sub(self.transport.available_requests());
        let idle_connections = self.transport.idle_connections();
        // Only an engine without a pool has none.
        self.engine
            .pooling_allocator_metrics()
            .map_or_else(Resources::default, |pool| Resources {
                slots,
                memory,
                instances: pool.component_instances(),
                core_instances: pool.core_instances(),
                memories: pool.memories(),
                tables: pool.tables(),
                stacks: pool.stacks(),
                requests,
                idle_connections,
            })
    }
}
