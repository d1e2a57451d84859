//! What runs hold of a host's resources at this moment. A host that nothing
//! runs in holds none; one that goes on to hold some has a leak.

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
    /// Requests that are under way.
    pub requests: usize,
    /// Connections that are kept open for the next request. They go by
    /// themselves, in time.
    pub idle_connections: usize,
}

impl Host {
    /// What runs hold at this moment. A run gives back what it holds before its
    /// result is there.
    #[must_use]
    pub fn resources(&self) -> Resources {
        let slots = self.slots.taken();
        let memory = self.slots.reserved();
        let requests = self
            .requests
            .saturating_sub(self.transport.available_requests());
        let idle_connections = self.transport.idle_connections();
        // None is an engine without a pool, which this one is not.
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
