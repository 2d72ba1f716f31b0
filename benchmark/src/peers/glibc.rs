//! What the C library offers, called as a C program would.

use super::barrier::Barrier;
use super::mutex::{Mutex, Reentrant};
use super::semaphore::Semaphore;
use libc::{pthread_barrier_t, pthread_mutex_t, sem_t};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;

/// An object of C that stays where it is.
struct Fixed<T>(Box<UnsafeCell<MaybeUninit<T>>>);

// SAFETY: all calls below are made for use by many threads.
unsafe impl<T> Sync for Fixed<T> {}
// SAFETY: nothing in there belongs to a thread while nobody holds or waits.
unsafe impl<T> Send for Fixed<T> {}

impl<T> Fixed<T> {
    fn new() -> Self {
        Self(Box::new(UnsafeCell::new(MaybeUninit::uninit())))
    }
    #[inline]
    fn get(&self) -> *mut T {
        self.0.get().cast()
    }
}

pub struct Normal(Fixed<pthread_mutex_t>, UnsafeCell<u64>);

// SAFETY: the number is touched by the holder of the mutex only.
unsafe impl Sync for Normal {}

impl Mutex for Normal {
    const NAME: &'static str = "pthread";
    fn new() -> Self {
        let mutex = Fixed::new();
        // SAFETY: fresh memory of the right type.
        unsafe { libc::pthread_mutex_init(mutex.get(), ptr::null()) };
        Self(mutex, 0.into())
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        // SAFETY: initialised in `new`; unlocked by the thread that has locked; the number is its own in between.
        unsafe {
            libc::pthread_mutex_lock(self.0.get());
            let result = section(&mut *self.1.get());
            libc::pthread_mutex_unlock(self.0.get());
            result
        }
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> Option<R> {
        // SAFETY: as in `with`.
        unsafe {
            (libc::pthread_mutex_trylock(self.0.get()) == 0).then(|| {
                let result = section(&mut *self.1.get());
                libc::pthread_mutex_unlock(self.0.get());
                result
            })
        }
    }
}

pub struct Recursive(Fixed<pthread_mutex_t>);

impl Reentrant for Recursive {
    const NAME: &'static str = "pthread";
    fn new() -> Self {
        let mutex = Fixed::new();
        // SAFETY: fresh memory of the right types; the attributes are initialised before use.
        unsafe {
            let mut attributes = MaybeUninit::uninit();
            libc::pthread_mutexattr_init(attributes.as_mut_ptr());
            libc::pthread_mutexattr_settype(attributes.as_mut_ptr(), libc::PTHREAD_MUTEX_RECURSIVE);
            libc::pthread_mutex_init(mutex.get(), attributes.as_ptr());
        }
        Self(mutex)
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        // SAFETY: initialised in `new`; unlocked as often as locked, by the same thread.
        unsafe {
            libc::pthread_mutex_lock(self.0.get());
            let result = section();
            libc::pthread_mutex_unlock(self.0.get());
            result
        }
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce() -> R) -> Option<R> {
        // SAFETY: as in `with`.
        unsafe {
            (libc::pthread_mutex_trylock(self.0.get()) == 0).then(|| {
                let result = section();
                libc::pthread_mutex_unlock(self.0.get());
                result
            })
        }
    }
}

pub struct Sem(Fixed<sem_t>);

impl Semaphore for Sem {
    const NAME: &'static str = "sem_t";
    fn new(permits: usize) -> Self {
        let semaphore = Fixed::new();
        // SAFETY: fresh memory of the right type.
        unsafe { libc::sem_init(semaphore.get(), 0, permits as u32) };
        Self(semaphore)
    }
    #[inline]
    fn acquire(&self) {
        // SAFETY: initialised in `new`. Interrupted by a signal, it is to be called again.
        while unsafe { libc::sem_wait(self.0.get()) } != 0 {}
    }
    #[inline]
    fn try_acquire(&self) -> bool {
        // SAFETY: initialised in `new`.
        unsafe { libc::sem_trywait(self.0.get()) == 0 }
    }
    #[inline]
    fn release(&self) {
        // SAFETY: initialised in `new`.
        unsafe { libc::sem_post(self.0.get()) };
    }
}

pub struct PthreadBarrier(Fixed<pthread_barrier_t>);

impl Barrier for PthreadBarrier {
    const NAME: &'static str = "pthread";
    fn new(parties: usize) -> Self {
        let barrier = Fixed::new();
        // SAFETY: fresh memory of the right type.
        unsafe { libc::pthread_barrier_init(barrier.get(), ptr::null(), parties as u32) };
        Self(barrier)
    }
    #[inline]
    fn wait(&self) {
        // SAFETY: initialised in `new`.
        unsafe { libc::pthread_barrier_wait(self.0.get()) };
    }
}

impl Drop for PthreadBarrier {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`. Waits for those who are still on their way out.
        unsafe { libc::pthread_barrier_destroy(self.0.get()) };
    }
}
