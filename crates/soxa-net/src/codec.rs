//! How requests and responses stand on the wire: a length of four bytes, big-endian, then as many bytes. One
//! request and one response on each stream; each side closes its half after its message.

use std::io;

use libp2p::futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::request_response::Codec;
use libp2p::swarm::StreamProtocol;

use crate::limits::{
    JOIN_REQUEST_BYTES_MAX, JOIN_RESPONSE_BYTES_MAX, READ_AHEAD_BYTES, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX,
};

/// A request as it stands on the wire.
#[derive(Debug)]
pub(crate) enum Request {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It came with a length above the limit and was not read. The library drops failed reads without a word, so
    /// this has to come out as if it had been read.
    TooLarge,
}

/// Reads and writes opaque messages within their limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BytesCodec {
    request_bytes_max: usize,
    response_bytes_max: usize,
}

impl BytesCodec {
    pub(crate) fn for_nodes() -> Self {
        Self {
            request_bytes_max: REQUEST_BYTES_MAX,
            response_bytes_max: RESPONSE_BYTES_MAX,
        }
    }

    pub(crate) fn for_guests() -> Self {
        Self {
            request_bytes_max: JOIN_REQUEST_BYTES_MAX,
            response_bytes_max: JOIN_RESPONSE_BYTES_MAX,
        }
    }
}

impl Codec for BytesCodec {
    type Protocol = StreamProtocol;
    type Request = Request;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        match read(io, self.request_bytes_max).await {
            Ok(bytes) => Ok(Request::Bytes(bytes)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Request::TooLarge),
            Err(error) => Err(error),
        }
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.response_bytes_max).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, request: Request) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match request {
            Request::Bytes(bytes) => write(io, &bytes).await,
            Request::TooLarge => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, response: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &response).await
    }
}

/// Reads one message. Memory grows with the bytes that arrive, not with the length that is claimed.
///
/// # Errors
/// `InvalidData` for a length above `max`; `UnexpectedEof` when the stream ends early.
async fn read<T>(io: &mut T, max: usize) -> io::Result<Vec<u8>>
where
    T: AsyncRead + Unpin + Send,
{
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let claimed = u32::from_be_bytes(length);
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    if length > max {
        let what = format!("a message of {length} bytes exceeds {max} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let mut bytes = Vec::with_capacity(length.min(READ_AHEAD_BYTES));
    io.take(u64::from(claimed)).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

async fn write<T>(io: &mut T, bytes: &[u8]) -> io::Result<()>
where
    T: AsyncWrite + Unpin + Send,
{
    let length = u32::try_from(bytes.len())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a message of 4 GiB or more"))?;
    io.write_all(&length.to_be_bytes()).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

#[cfg(test)]
mod tests {
    use libp2p::futures::executor::block_on;
    use libp2p::futures::io::Cursor;

    use super::*;

    #[track_caller]
    fn check(wire: &[u8], expected: Result<&[u8], io::ErrorKind>) {
        let read = block_on(read(&mut Cursor::new(wire), 8)).map_err(|error| error.kind());
        assert_eq!(read, expected.map(<[u8]>::to_vec));
    }

    #[test]
    fn messages_are_read_within_their_limit() {
        check(&[0, 0, 0, 0], Ok(&[]));
        check(&[0, 0, 0, 2, 5, 6], Ok(&[5, 6]));
        check(&[0, 0, 0, 2, 5, 6, 7], Ok(&[5, 6]));
        check(
            &[0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
            Ok(&[1, 2, 3, 4, 5, 6, 7, 8]),
        );
        check(
            &[0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            Err(io::ErrorKind::InvalidData),
        );
        check(&[255, 255, 255, 255], Err(io::ErrorKind::InvalidData));
        check(&[0, 0, 0, 2, 5], Err(io::ErrorKind::UnexpectedEof));
        check(&[0, 0], Err(io::ErrorKind::UnexpectedEof));
        check(&[], Err(io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut wire = Vec::new();
        block_on(write(&mut wire, b"tips?")).unwrap();
        assert_eq!(wire, b"\0\0\0\x05tips?");
        check(&wire, Ok(b"tips?"));
    }
}
