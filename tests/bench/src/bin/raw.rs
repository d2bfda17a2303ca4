//! The least that a server on this kernel can do: recvmmsg, a patched answer, sendmmsg. It also tells a state to
//! observers, one sendmmsg after the other.
#![forbid(unsafe_code)]

use std::io::{IoSlice, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg, setsockopt, sockopt};
use twite_bench::answer;

const BATCH: usize = 64;
const DATAGRAM: usize = 1_536;

/// An observer's address and the head of its notifications: header and token.
type Observer = (SockaddrIn, [u8; 8]);

fn main() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    setsockopt(&socket, sockopt::RcvBuf, &(4 << 20)).expect("a receive buffer");
    println!("listening on coap://{}", socket.local_addr().expect("it is bound"));
    let fd = socket.as_raw_fd();
    let mut buffers = vec![[0; DATAGRAM]; BATCH];
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut sending = MultiHeaders::preallocate(BATCH, None);
    let mut observers = Vec::new();
    let mut message_id = 0_u16;
    loop {
        let mut lengths = [(0, None); BATCH];
        let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        match recvmmsg(fd, &mut headers, slices.iter_mut(), MsgFlags::MSG_WAITFORONE, None) {
            Ok(messages) => messages
                .zip(&mut lengths)
                .for_each(|(message, length)| *length = (message.bytes, message.address)),
            Err(error) => panic!("recvmmsg: {error}"),
        }
        let mut answers = Vec::with_capacity(BATCH);
        let mut state = None;
        for ((length, address), buffer) in lengths.into_iter().zip(&buffers) {
            let Some(address) = address else { break };
            let request = &buffer[..length];
            let mut answer = [0; answer::LONGEST];
            let written = answer::write(request, &mut answer);
            if answer::observes(request) {
                // Option Observe 1 before the rest, and no ETag.
                answer[8..10].copy_from_slice(&[0x61, 1]);
                answers.push((address, answer, 10));
                observers.push((address, *request.first_chunk::<8>().expect("a token of four bytes")));
            } else if written > 0 {
                answers.push((address, answer, written));
            }
            if !observers.is_empty() && request.get(1) == Some(&3) {
                let payload = request[8..].iter().position(|byte| *byte == 0xff).expect("a payload");
                state = Some(request[8 + payload..].to_vec());
            }
        }
        send(
            fd,
            &mut sending,
            answers.iter().map(|(address, answer, length)| (*address, &answer[..*length])),
        );
        if let Some(state) = state {
            notify(fd, &mut sending, &observers, &state, &mut message_id);
        }
    }
}

fn notify(
    fd: i32,
    sending: &mut MultiHeaders<SockaddrIn>,
    observers: &[Observer],
    state: &[u8],
    message_id: &mut u16,
) {
    for some in observers.chunks(BATCH) {
        let datagrams: Vec<_> = some
            .iter()
            .map(|(address, head)| {
                *message_id = message_id.wrapping_add(1);
                let mut datagram = head.to_vec();
                datagram[1] = 0x45;
                datagram[2..4].copy_from_slice(&message_id.to_be_bytes());
                datagram.extend_from_slice(&[0x61, 2]);
                datagram.extend_from_slice(state);
                (*address, datagram)
            })
            .collect();
        send(fd, sending, datagrams.iter().map(|(address, datagram)| (*address, datagram.as_slice())));
    }
}

fn send<'a>(
    fd: i32,
    sending: &mut MultiHeaders<SockaddrIn>,
    datagrams: impl Iterator<Item = (SockaddrIn, &'a [u8])>,
) {
    let (addresses, slices): (Vec<_>, Vec<_>) =
        datagrams.map(|(address, datagram)| (Some(address), [IoSlice::new(datagram)])).unzip();
    if slices.is_empty() {
        return;
    }
    sendmmsg(fd, sending, slices.iter(), &addresses, [], MsgFlags::empty()).expect("sendmmsg");
}
