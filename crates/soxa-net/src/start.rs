//! Starting: everything that can be wrong with the configuration or the ports shows before the task runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use libp2p::futures::StreamExt;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, TransportError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use crate::behaviour::swarm_of;
use crate::conduct::Conducts;
use crate::config::{Addresses, NetConfig};
use crate::counters::Counters;
use crate::error::NetError;
use crate::event::NetEvent;
use crate::handle::NetHandle;
use crate::hints::topic_of;
use crate::limits;
use crate::peers::Peers;
use crate::task::{Channels, Task};

/// The network of one node.
pub struct Net;

impl Net {
    /// Binds the addresses, starts the network task on the current tokio runtime and begins to dial.
    ///
    /// The receiver must be read for as long as the network is to run: when nobody does, the network stops
    /// reading too, and when it is dropped, the network shuts down.
    ///
    /// # Errors
    /// When an address cannot be used or is in use, or a setting is refused. Nothing is left running then.
    pub async fn start(config: NetConfig) -> Result<(NetHandle, mpsc::Receiver<NetEvent>), NetError> {
        let addresses = Addresses::read(&config)?;
        let swarm = swarm_of(&config)?;
        let counters = Arc::new(Counters::default());
        let conducts = Arc::new(Conducts::default());
        let peers = Peers::new(config.hints, config.requests);
        let topic = topic_of(&config.network);
        let mut task = Task::new(
            swarm,
            topic,
            config.key.node(),
            peers,
            Arc::clone(&counters),
            Arc::clone(&conducts),
        );
        task.admit(config.admitted.clone());
        listen(&mut task, &addresses.listen).await?;
        let now = Instant::now();
        for address in addresses.dial {
            task.dialling.add(address, now);
        }

        let (commands, commands_taken) = mpsc::channel(limits::COMMANDS_QUEUE);
        let (events, events_taken) = mpsc::channel(limits::EVENTS_QUEUE);
        let (admitted, admitted_seen) = watch::channel(config.admitted);
        let (guests, guests_seen) = watch::channel(BTreeSet::new());
        let (learnt, learnt_seen) = watch::channel(BTreeMap::new());
        let (stop, stop_seen) = watch::channel(false);
        let (ended, ended_seen) = watch::channel(());
        tokio::spawn(task.run(Channels {
            commands: commands_taken,
            admitted: admitted_seen,
            guests: guests_seen,
            learnt: learnt_seen,
            stop: stop_seen,
            events,
            ended,
        }));
        let handle = NetHandle {
            commands,
            admitted: Arc::new(admitted),
            guests: Arc::new(guests),
            learnt: Arc::new(learnt),
            stop: Arc::new(stop),
            ended: ended_seen,
            counters,
            conducts,
        };
        Ok((handle, events_taken))
    }
}

/// Binds all addresses and waits until each listener has named its own.
async fn listen(task: &mut Task, addresses: &[(Multiaddr, SocketAddr)]) -> Result<(), NetError> {
    let failed = |address: &Multiaddr, source| NetError::Listen {
        address: address.to_string(),
        source,
    };
    // The library binds with SO_REUSEPORT: a second process would get the port too, and every other connection.
    // So each port is first bound without, and all are given up before the first is bound for good.
    for (address, socket) in addresses {
        TcpListener::bind(socket).map_err(|source| failed(address, source))?;
    }
    let mut waiting = HashMap::new();
    for (address, _) in addresses {
        let listener = task
            .swarm
            .listen_on(address.clone())
            .map_err(|error| match error {
                TransportError::Other(source) => failed(address, source),
                other => failed(address, io::Error::other(other.to_string())),
            })?;
        waiting.insert(listener, address);
    }
    let deadline = Instant::now() + limits::LISTEN_TIMEOUT;
    while !waiting.is_empty() {
        let Ok(event) = timeout_at(deadline, task.swarm.select_next_some()).await else {
            // Bound, but on no interface yet: it will name its address when the line comes up.
            warn!(addresses = ?waiting.values(), "a listener has no address yet");
            break;
        };
        match event {
            SwarmEvent::NewListenAddr { listener_id, .. } => {
                waiting.remove(&listener_id);
                task.on_connection_event(event);
            }
            SwarmEvent::ListenerError { listener_id, error }
            | SwarmEvent::ListenerClosed {
                listener_id,
                reason: Err(error),
                ..
            } if waiting.contains_key(&listener_id) => {
                return Err(failed(waiting[&listener_id], error));
            }
            other => task.on_swarm_event(other),
        }
    }
    Ok(())
}
