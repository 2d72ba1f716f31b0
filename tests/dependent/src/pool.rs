//! A pool of resources: permits for as many as there are, and the resources themselves.

use sixfold::{BoundedSemaphore, Lock};
use std::time::Duration;

pub struct Pool {
    permits: BoundedSemaphore,
    idle: Lock<Vec<u32>>,
}

impl Pool {
    pub fn new(resources: impl IntoIterator<Item = u32>) -> Self {
        let idle: Vec<u32> = resources.into_iter().collect();
        Self { permits: BoundedSemaphore::new(idle.len()), idle: Lock::with_value(idle) }
    }

    /// Runs `work` with a resource.
    pub fn with<E>(&self, work: impl FnOnce(u32) -> Result<(), E>) -> Result<(), E> {
        let _permit = self.permits.hold();
        self.with_a_permit(work)
    }

    /// As [`with`](Self::with), if a resource is there now; if not, `None`.
    pub fn try_with<E>(&self, work: impl FnOnce(u32) -> Result<(), E>) -> Option<Result<(), E>> {
        let _permit = self.permits.try_hold()?;
        Some(self.with_a_permit(work))
    }

    /// As [`with`](Self::with), if a resource is there in time; if not, `None`.
    pub fn with_timeout<E>(&self, timeout: Duration, work: impl FnOnce(u32) -> Result<(), E>) -> Option<Result<(), E>> {
        let _permit = self.permits.hold_timeout(timeout)?;
        Some(self.with_a_permit(work))
    }

    /// How many resources nobody has.
    pub fn idle(&self) -> usize {
        self.permits.value()
    }

    fn with_a_permit<E>(&self, work: impl FnOnce(u32) -> Result<(), E>) -> Result<(), E> {
        let resource = self.take();
        let result = work(resource);
        self.idle.hold().push(resource);
        result
    }

    fn take(&self) -> u32 {
        self.idle.hold().pop().expect("who has a permit finds a resource")
    }

    /// Forgets the permit and the resource where `work` fails.
    pub fn with_but_leaks_on_error<E>(&self, work: impl FnOnce(u32) -> Result<(), E>) -> Result<(), E> {
        self.permits.acquire();
        let resource = self.take();
        work(resource)?;
        self.idle.hold().push(resource);
        self.permits.release().expect("taken above");
        Ok(())
    }

    /// Gives the permit back before the resource: the next one finds a permit and nothing else.
    pub fn with_but_permit_first<E>(&self, work: impl FnOnce(u32) -> Result<(), E>) -> Result<(), E> {
        self.permits.acquire();
        let resource = self.take();
        let result = work(resource);
        self.permits.release().expect("taken above");
        self.idle.hold().push(resource);
        result
    }
}
