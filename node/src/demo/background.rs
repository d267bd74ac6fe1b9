//! One thread that drives what waits: signals and the hostile node's network. Everything else in the play is in order.

use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::error::DemoError;

/// The thread. Dropping it ends what runs there.
#[derive(Debug)]
pub struct Background {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn start() -> Result<Self, DemoError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(DemoError::io("background runtime"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            // Ends when told to, or when nobody is left to tell it.
            let _ = runtime.block_on(stopped);
        });
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where tasks are started and waited for.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A thread that has ended already hears nothing, and one that panicked has said so.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_run_and_end_with_it() {
        let background = Background::start().unwrap();
        let (sent, heard) = oneshot::channel();
        background.handle().spawn(async move { sent.send(7).unwrap() });
        assert_eq!(background.handle().block_on(heard), Ok(7));
        let (_kept, never) = oneshot::channel::<()>();
        let task = background.handle().spawn(never);
        let handle = background.handle().clone();
        drop(background);
        assert!(handle.metrics().num_alive_tasks() == 0 && task.is_finished());
    }
}
