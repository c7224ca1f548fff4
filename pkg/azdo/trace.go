package azdo

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// bounded returns the context of one try. A read ends with the call's context. A write that has begun gets a little
// longer when the run is cancelled, since its answer tells whether something was started; one that still waits for its
// connection does not, or it would be sent after the cancellation.
func (c *call) bounded(ctx context.Context, connected *atomic.Bool) (context.Context, context.CancelCauseFunc) {
	if !c.write {
		inner, cancel := context.WithCancelCause(ctx)
		timer := time.AfterFunc(max(readBudget-c.spent, time.Millisecond), func() { cancel(errTimeout) })
		return inner, func(cause error) { timer.Stop(); cancel(cause) }
	}
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	timer := time.AfterFunc(writeTimeout, func() { cancel(errTimeout) })
	stop := context.AfterFunc(ctx, func() {
		if !connected.Load() {
			cancel(ctx.Err())
			return
		}
		time.AfterFunc(writeGrace, func() { cancel(ctx.Err()) })
	})
	return inner, func(cause error) { stop(); timer.Stop(); cancel(cause) }
}

// sendTrace watches whether a request got as far as a connection.
type sendTrace struct {
	connected atomic.Bool
	wrote     atomic.Bool // on HTTP/2
	http2     atomic.Bool
	once      bool
	cancel    context.CancelCauseFunc
}

func (s *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			s.connected.Store(true)
			conn, ok := info.Conn.(*tls.Conn)
			s.http2.Store(ok && conn.ConnectionState().NegotiatedProtocol == "h2")
		},
		WroteHeaders: func() { s.wrote.Store(s.http2.Load()) },
		GetConn: func(string) {
			// net/http repeats an HTTP/2 request of any method when the peer resets its stream with PROTOCOL_ERROR
			// (golang/go#42777), which says nothing about what the peer has done by then. A write must not be repeated,
			// and net/http looks at the context before it writes.
			if s.once && s.wrote.Load() {
				s.cancel(errReplay)
			}
		},
	}
}
