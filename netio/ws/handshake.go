package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// acceptGUID is the constant of RFC 6455, 4.2.2.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Key is the Sec-WebSocket-Key for sixteen random bytes.
func Key(random [16]byte) string { return base64.StdEncoding.EncodeToString(random[:]) }

// AcceptKey is the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// IsUpgrade says whether a request's headers ask for a WebSocket. header gives a header's value by its canonical name.
func IsUpgrade(header func(name string) string) bool {
	return hasToken(header("Connection"), "upgrade") && hasToken(header("Upgrade"), "websocket")
}

// Challenge checks an opening handshake at the server and gives the Sec-WebSocket-Accept to answer with (RFC 6455, 4.2.1).
func Challenge(method string, header func(name string) string) (accept string, err error) {
	key := header("Sec-Websocket-Key")
	switch raw, bad := base64.StdEncoding.DecodeString(key); {
	case method != "GET":
		return "", fmt.Errorf("websocket: the handshake came by %s: it has to be GET", method)
	case !IsUpgrade(header):
		return "", errors.New("websocket: no request to upgrade: it needs Connection: Upgrade and Upgrade: websocket")
	case header("Sec-Websocket-Version") != "13":
		return "", fmt.Errorf("websocket: the handshake asks for version %q: only 13 is spoken", header("Sec-Websocket-Version"))
	case bad != nil || len(raw) != 16:
		return "", errors.New("websocket: Sec-WebSocket-Key is not 16 bytes in base64")
	}
	return AcceptKey(key), nil
}

// AppendRequest appends the text of an opening handshake. Each of extra is one header line's name and value.
func AppendRequest(dst []byte, host, target, key string, extra [][2]string) []byte {
	dst = append(dst, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\n"...)
	dst = append(dst, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+key+"\r\n"...)
	for _, h := range extra {
		dst = append(dst, h[0]+": "+h[1]+"\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// AppendResponse appends the text of the answer that accepts a handshake.
func AppendResponse(dst []byte, accept string) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	return append(dst, accept+"\r\n\r\n"...)
}

// CheckResponse judges a server's answer to a handshake that was made with key (RFC 6455, 4.1).
func CheckResponse(status int, key string, header func(name string) string) error {
	if err := checkUpgrade(status, key, header); err != nil {
		return err
	}
	if header("Sec-Websocket-Extensions") != "" {
		return errors.New("websocket: the server chose an extension that was not offered")
	}
	return nil
}

// CheckOffered is [CheckResponse] for a handshake that carried [OfferDeflate], and what was agreed.
func CheckOffered(status int, key string, header func(name string) string) (Extension, error) {
	if err := checkUpgrade(status, key, header); err != nil {
		return Extension{}, err
	}
	return ParseExtension(header("Sec-Websocket-Extensions"))
}

func checkUpgrade(status int, key string, header func(name string) string) error {
	switch {
	case status != 101:
		return fmt.Errorf("websocket: the server answered status %d, not 101", status)
	case !IsUpgrade(header):
		return errors.New("websocket: the server's answer does not upgrade: is there a proxy between?")
	case header("Sec-Websocket-Accept") != AcceptKey(key):
		return errors.New("websocket: the server's Sec-WebSocket-Accept does not match the key that was sent")
	case header("Sec-Websocket-Protocol") != "":
		return errors.New("websocket: the server chose a protocol that was not offered")
	}
	return nil
}

// hasToken looks for a token in a comma-separated list, in any case.
func hasToken(list, token string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(part), token) {
			return true
		}
	}
	return false
}
