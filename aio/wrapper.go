package aio

import (
	"encoding/binary"
	"runtime"
	"strings"
	"unsafe"
)

// wrapperMax is how many bytes of a method value's wrapper are looked at.
const wrapperMax = 256

// wrapped finds the method that the wrapper of a method value calls: the wrapper is the compiler's and stands in no file. The
// code of the wrapper is looked through for a call to a function of the method's name, so that other bytes are not taken for
// one, or for that function itself, compiled into it. Where there is none (another processor) it gives back what it got.
func wrapped(f *runtime.Func, pc uintptr) (*runtime.Func, uintptr) {
	method, ok := strings.CutSuffix(f.Name(), "-fm")
	if !ok || runtime.GOARCH != "amd64" {
		return f, pc
	}
	for at := pc; at < pc+wrapperMax; at++ {
		here := runtime.FuncForPC(at)
		if here == nil || here.Entry() != pc {
			break
		}
		if here.Name() == method { // compiled into the wrapper
			return here, at
		}
		code := *(**[callSize]byte)(unsafe.Pointer(&at)) // the text of this program
		if code[0] != callCode {
			continue
		}
		to := at + callSize + uintptr(int32(binary.LittleEndian.Uint32(code[1:])))
		if m := runtime.FuncForPC(to); m != nil && m.Entry() == to && m.Name() == method {
			return m, to
		}
	}
	return f, pc
}

// The call of amd64: a code, and how far behind it the function stands.
const (
	callCode = 0xe8
	callSize = 5
)
