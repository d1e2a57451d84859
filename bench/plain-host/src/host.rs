//! An engine with the product's settings, where they affect speed.

use std::thread;
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, UpdateDeadline,
};

use crate::contract::types::{Outcome, RequestSpec};
use crate::contract::{State, StepPre, linker};

/// The engine, and a component in it.
pub(crate) struct PlainHost {
    engine: Engine,
    pre: StepPre<State>,
}

impl PlainHost {
    /// Load a component.
    pub(crate) fn load(wasm: &[u8]) -> wasmtime::Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(1000)
            .total_core_instances(8000)
            .total_memories(2000)
            .total_tables(8000)
            .total_stacks(1000)
            .max_core_instances_per_component(8)
            .max_memories_per_component(2)
            .max_tables_per_component(8)
            .max_memory_size(1 << 30)
            .async_stack_keep_resident(32 << 10);
        let mut config = Config::new();
        config
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
            .epoch_interruption(true)
            .concurrency_support(false)
            .gc_support(false);
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, wasm)?;
        let pre = StepPre::new(linker(&engine)?.instantiate_pre(&component)?)?;
        let ticking = engine.weak();
        thread::spawn(move || {
            while let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(Duration::from_millis(10));
            }
        });
        Ok(Self { engine, pre })
    }

    /// Run it once.
    pub(crate) async fn run(&self, spec: &RequestSpec) -> Result<(), String> {
        let mut store = self.store();
        let run = async {
            let step = self.pre.instantiate_async(&mut store).await?;
            step.call_http_step(&mut store, spec).await
        };
        let result = run.await.map_err(|error| format!("{error:#}"))?;
        match result.outcome {
            Outcome::Success if !store.data().log.is_empty() => Ok(()),
            _ => Err(format!("{}: {:?}", result.summary, result.error)),
        }
    }

    /// Create an instance of it, and call nothing.
    pub(crate) async fn instantiate(&self) -> Result<(), String> {
        let mut store = self.store();
        let made = self.pre.instantiate_async(&mut store).await;
        made.map(drop).map_err(|error| format!("{error:#}"))
    }

    fn store(&self) -> Store<State> {
        let mut store = Store::new(&self.engine, State::default());
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        store
    }
}
