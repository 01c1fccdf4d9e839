package aio_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"baton/aio"
)

// server accepts one connection and hands it to serve, on a goroutine of its own.
func server(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		serve(c)
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return ln.Addr().String()
}

func echo(c net.Conn) { io.Copy(c, c) }

func TestConnEchoes(t *testing.T) {
	addr := server(t, echo)
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c, err := aio.Dial(co, "tcp", addr)
		if err != nil {
			return err
		}
		defer c.Close()
		ticks := 0
		aio.Start(co, "others go on", func(co *aio.Co) error {
			for {
				if err := co.Sleep(50 * time.Microsecond); err != nil {
					return err
				}
				ticks++
			}
		})
		r := bufio.NewReader(c)
		for i := range 200 {
			fmt.Fprintf(c, "line %d\n", i)
			line, err := r.ReadString('\n')
			if err != nil || line != fmt.Sprintf("line %d\n", i) {
				return fmt.Errorf("%q: %w", line, err)
			}
		}
		if ticks == 0 {
			t.Error("the loop stood still")
		}
		return nil
	}))
}

// More than the system takes at once goes out in order, while a second task reads: no deadlock of the two.
func TestConnFull(t *testing.T) {
	addr := server(t, echo)
	const size = 8 << 20
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c, err := aio.Dial(co, "tcp", addr)
		if err != nil {
			return err
		}
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i * 7 >> 3)
		}
		return aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "write", func(co *aio.Co) error {
				n, err := c.Write(data)
				if n != size {
					t.Error("wrote", n)
				}
				return err
			})
			got := make([]byte, size)
			if _, err := io.ReadFull(c, got); err != nil {
				return err
			}
			if sha256.Sum256(got) != sha256.Sum256(data) {
				t.Error("other bytes came back")
			}
			return nil
		})
	}))
}

func TestConnEnds(t *testing.T) {
	addr := server(t, func(c net.Conn) { c.Write([]byte("bye")) })
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c, err := aio.Dial(co, "tcp", addr)
		if err != nil {
			return err
		}
		if b, err := io.ReadAll(c); string(b) != "bye" || err != nil {
			t.Errorf("%q %v", b, err)
		}
		must(t, c.Close())
		_, err1 := c.Read(make([]byte, 1))
		_, err2 := c.Write([]byte{1})
		if !errors.Is(err1, net.ErrClosed) || !errors.Is(err2, net.ErrClosed) || !errors.Is(c.Close(), net.ErrClosed) {
			t.Error(err1, err2)
		}
		if _, err := aio.Dial(co, "tcp", "127.0.0.1:1"); err == nil {
			t.Error("dialled nobody")
		}
		return nil
	}))
}

// A timeout around, a deadline, a Cancel and a Close end a Read.
func TestConnReadIsCancelled(t *testing.T) {
	addr := server(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c, err := aio.Dial(co, "tcp", addr)
		if err != nil {
			return err
		}
		b := make([]byte, 1)
		err = aio.Timeout(co, time.Millisecond, func(co *aio.Co, _ *aio.Scope) error {
			_, err := c.Read(b)
			return err
		})
		if !errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		must(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
		if _, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		must(t, c.SetDeadline(time.Time{}))
		read := func(co *aio.Co) error { _, err := c.Read(b); return err }
		task := aio.Start(co, "read", read)
		must(t, co.Yield())
		task.Cancel(errBoom)
		if _, err := task.Await(co); !errors.Is(err, errBoom) {
			t.Error(err)
		}
		task = aio.Start(co, "read", read)
		must(t, co.Yield())
		must(t, c.Close())
		if _, err := task.Await(co); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		return nil
	}))
}

// crypto/tls runs on a Conn unchanged, on both ends, on one loop, over a pipe that takes nothing until it is read.
func TestTLSOnConn(t *testing.T) {
	cert := selfSigned(t)
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		a, b := net.Pipe()
		return aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "server", func(co *aio.Co) error {
				c := tls.Server(aio.NewConn(l, a), &tls.Config{Certificates: []tls.Certificate{cert}})
				_, err := io.Copy(c, c)
				return errors.Join(err, c.Close())
			})
			c := tls.Client(aio.NewConn(l, b), &tls.Config{RootCAs: pool, ServerName: "localhost"})
			if err := c.Handshake(); err != nil { // before a second task uses it
				return err
			}
			data := bytes.Repeat([]byte("hello "), 5000)
			aio.Start(co, "send", func(co *aio.Co) error {
				if _, err := c.Write(data); err != nil {
					return err
				}
				return c.CloseWrite()
			})
			got, err := io.ReadAll(c)
			if !bytes.Equal(got, data) {
				t.Errorf("%d bytes came back: %v", len(got), err)
			}
			return err
		})
	}))
}

func selfSigned(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestConnOutsideATask(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	how, p, _ := outcome(t, aio.Real(), func(co *aio.Co) error {
		c := aio.NewConn(co.Loop(), a)
		co.Loop().CallSoon(func() { c.Read(make([]byte, 1)) })
		return wait(co)
	})
	if how != "panicked" || p == nil {
		t.Error(how)
	}
}
