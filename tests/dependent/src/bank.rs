//! Accounts with a lock each.

use sixfold::{Lock, RLock};
use std::cell::Cell;
use std::time::Duration;

pub struct Bank {
    accounts: Vec<Lock<u32>>,
    audit: RLock<Cell<u32>>,
}

impl Bank {
    pub fn new(accounts: &[u32]) -> Self {
        Self {
            accounts: accounts.iter().map(|&money| Lock::with_value(money)).collect(),
            audit: RLock::with_value(Cell::new(0)),
        }
    }

    /// Locks in the order of the accounts, whichever way the money goes.
    pub fn transfer(&self, from: usize, to: usize, money: u32) {
        let (low, high) = (from.min(to), from.max(to));
        let mut low_held = self.accounts[low].hold();
        let mut high_held = self.accounts[high].hold();
        let (from, to) = if from == low { (&mut low_held, &mut high_held) } else { (&mut high_held, &mut low_held) };
        **from -= money;
        **to += money;
        self.count();
    }

    /// Locks in the order of the call. False, and nothing has changed, if the second account was not free in time.
    pub fn transfer_timeout(&self, from: usize, to: usize, money: u32, timeout: Duration) -> bool {
        let mut from = self.accounts[from].hold();
        let Some(mut to) = self.accounts[to].hold_timeout(timeout) else { return false };
        *from -= money;
        *to += money;
        true
    }

    /// False, and nothing has changed, if one of the accounts is not free.
    pub fn try_transfer(&self, from: usize, to: usize, money: u32) -> bool {
        let Some(mut from) = self.accounts[from].try_hold() else { return false };
        let Some(mut to) = self.accounts[to].try_hold() else { return false };
        *from -= money;
        *to += money;
        self.count();
        true
    }

    /// Locks in the order of the call.
    pub fn transfer_in_any_order(&self, from: usize, to: usize, money: u32) {
        let mut from = self.accounts[from].hold();
        let mut to = self.accounts[to].hold();
        *from -= money;
        *to += money;
    }

    /// Forgets that both may be the same, and that a `Lock` is not re-entrant.
    pub fn transfer_to_oneself(&self, account: usize, money: u32) {
        self.transfer_in_any_order(account, account, money);
    }

    /// Looks at the one, lets go, and writes what was right before.
    pub fn deposit_in_two_sections(&self, account: usize, money: u32) {
        let before = *self.accounts[account].hold();
        *self.accounts[account].hold() = before + money;
    }

    pub fn deposit(&self, account: usize, money: u32) {
        *self.accounts[account].hold() += money;
    }

    pub fn balance(&self, account: usize) -> u32 {
        *self.accounts[account].hold()
    }

    pub fn total(&self) -> u32 {
        let all: Vec<_> = self.accounts.iter().map(Lock::hold).collect();
        all.iter().map(|money| **money).sum()
    }

    /// Counts a transfer, and may be called while counting.
    pub fn count(&self) -> u32 {
        let held = self.audit.hold();
        held.set(held.get() + 1);
        let again = self.audit.hold();
        again.get()
    }
}
