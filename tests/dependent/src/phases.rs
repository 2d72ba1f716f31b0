//! A computation in phases: each party writes its part, and in the next phase reads its neighbour's.

use crate::shared::Shared;
use sixfold::{Barrier, BrokenBarrierError};
use std::time::Duration;

pub struct Phases {
    parts: [Shared<u32>; 2],
    sum: Shared<u32>,
    meeting: Barrier,
}

impl Default for Phases {
    fn default() -> Self {
        Self { parts: [Shared::new(0), Shared::new(0)], sum: Shared::new(0), meeting: Barrier::new(2) }
    }
}

impl Phases {
    /// As party `me`: returns the sum of both parts.
    pub fn run(&self, me: usize) -> Result<u32, BrokenBarrierError> {
        self.parts[me].set(me as u32 + 1);
        // One of the two is told index 0 of this round, and sums up for both.
        if self.meeting.wait()? == 0 {
            self.sum.set(self.parts[0].get() + self.parts[1].get());
        }
        self.meeting.wait()?;
        Ok(self.sum.get())
    }

    /// As [`run`](Self::run), if the other party comes in time; if not, an error for both.
    pub fn run_timeout(&self, me: usize, timeout: Duration) -> Result<u32, BrokenBarrierError> {
        self.parts[me].set(me as u32 + 1);
        self.meeting.wait_timeout(timeout)?;
        Ok(self.parts[0].get() + self.parts[1].get())
    }

    /// Reads the other's part before the two have met.
    pub fn run_without_meeting(&self, me: usize) -> Result<u32, BrokenBarrierError> {
        self.parts[me].set(me as u32 + 1);
        let sum = self.parts[0].get() + self.parts[1].get();
        self.meeting.wait()?;
        Ok(sum)
    }

    /// Takes the sum without waiting for the one who sums up.
    pub fn run_with_one_meeting(&self, me: usize) -> Result<u32, BrokenBarrierError> {
        self.parts[me].set(me as u32 + 1);
        if self.meeting.wait()? == 0 {
            self.sum.set(self.parts[0].get() + self.parts[1].get());
        }
        Ok(self.sum.get())
    }

    /// Goes on if the barrier is broken as if the other had come.
    pub fn run_regardless(&self, me: usize) -> u32 {
        self.parts[me].set(me as u32 + 1);
        let _ = self.meeting.wait();
        self.parts[0].get() + self.parts[1].get()
    }

    pub fn give_up(&self) {
        self.meeting.abort();
    }
}
