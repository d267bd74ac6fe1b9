//! Where incoming connections are until their handshake is done: so many places, and the oldest gives way.
//!
//! Refusing newcomers when all places are taken would let anybody who opens connections and says nothing keep honest
//! nodes out. An honest handshake takes some round trips; a silent stranger waits for its time to run out. So
//! whoever came first goes first: to keep a node out for a while, all places would have to be filled anew within the
//! time of one handshake.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use libp2p::Multiaddr;
use libp2p::core::Transport;
use libp2p::core::transport::{DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::futures::future::{AbortHandle, Abortable, abortable};

/// A transport whose incoming connections pass through the hallway.
pub(crate) struct Hallway<T> {
    inner: T,
    places: Arc<Places>,
}

/// Why a connection came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HallwayError<E> {
    #[error(transparent)]
    Inner(E),
    /// It had not finished its handshake when its place was needed.
    #[error("gave way to later connections")]
    GaveWay,
}

/// The places taken, in the order in which they were.
#[derive(Debug)]
struct Places {
    max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    places: VecDeque<(u64, AbortHandle)>,
}

impl Places {
    fn take(&self, leave: AbortHandle) -> u64 {
        let mut taken = self.lock();
        let number = taken.next;
        taken.next += 1;
        taken.places.push_back((number, leave));
        if taken.places.len() > self.max
            && let Some((_, oldest)) = taken.places.pop_front()
        {
            oldest.abort();
        }
        number
    }

    fn leave(&self, number: u64) {
        self.lock().places.retain(|(place, _)| *place != number);
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handshake under way.
pub(crate) struct Entering<F> {
    handshake: Pin<Box<Abortable<F>>>,
    places: Arc<Places>,
    number: u64,
}

impl<F: Future> Entering<F> {
    fn new(handshake: F, places: &Arc<Places>) -> Self {
        let (handshake, leave) = abortable(handshake);
        Self {
            handshake: Box::pin(handshake),
            places: Arc::clone(places),
            number: places.take(leave),
        }
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Entering<F> {
    type Output = Result<T, HallwayError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.handshake.as_mut().poll(cx).map(|ended| match ended {
            Ok(connected) => connected.map_err(HallwayError::Inner),
            Err(_) => Err(HallwayError::GaveWay),
        })
    }
}

impl<F> Drop for Entering<F> {
    fn drop(&mut self) {
        self.places.leave(self.number);
    }
}

impl<T> Hallway<T> {
    /// A hallway with `max` places in front of a transport.
    pub(crate) fn new(inner: T, max: usize) -> Self {
        let taken = Mutex::default();
        Self {
            inner,
            places: Arc::new(Places { max, taken }),
        }
    }
}

impl<T> Transport for Hallway<T>
where
    T: Transport + Unpin,
    T::Dial: Send + 'static,
{
    type Output = T::Output;
    type Error = HallwayError<T::Error>;
    type ListenerUpgrade = Entering<T::ListenerUpgrade>;
    type Dial = Pin<Box<dyn Future<Output = Result<Self::Output, Self::Error>> + Send>>;

    fn listen_on(&mut self, id: ListenerId, address: Multiaddr) -> Result<(), TransportError<Self::Error>> {
        self.inner
            .listen_on(id, address)
            .map_err(|error| error.map(HallwayError::Inner))
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<Self::Error>> {
        let dial = self.inner.dial(address, options);
        let dial = dial.map_err(|error| error.map(HallwayError::Inner))?;
        Ok(Box::pin(async { dial.await.map_err(HallwayError::Inner) }))
    }

    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, Self::Error>> {
        let this = self.get_mut();
        let places = &this.places;
        Pin::new(&mut this.inner).poll(cx).map(|event| {
            let event = event.map_upgrade(|handshake| Entering::new(handshake, places));
            event.map_err(HallwayError::Inner)
        })
    }
}

#[cfg(test)]
mod tests {
    use libp2p::futures::FutureExt;
    use libp2p::futures::channel::oneshot;

    use super::*;

    #[test]
    fn the_oldest_gives_way_and_places_become_free() {
        let places = Arc::new(Places {
            max: 2,
            taken: Mutex::default(),
        });
        let enter = || {
            let (done, handshake) = oneshot::channel::<()>();
            (done, Entering::new(handshake, &places))
        };
        let (_silent, mut first) = enter();
        let (done, mut second) = enter();
        assert!((&mut first).now_or_never().is_none());
        let (_also_silent, mut third) = enter();
        assert!(matches!(
            (&mut first).now_or_never(),
            Some(Err(HallwayError::GaveWay))
        ));
        done.send(()).unwrap();
        assert!(matches!((&mut second).now_or_never(), Some(Ok(()))));
        drop((first, second));
        assert_eq!(places.lock().places.len(), 1);
        let (_one_more, _fourth) = enter();
        assert!((&mut third).now_or_never().is_none(), "there was room");
    }
}
