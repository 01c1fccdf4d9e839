package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:static
var embedded embed.FS

// built is the page that is built in.
func built() fs.FS {
	sub, err := fs.Sub(embedded, "static")
	if err != nil {
		panic(err) // the name is right
	}
	return sub
}

// file is one file of the page, with what its answers say.
type file struct {
	data []byte
	kind string
	etag string
}

// kinds are the content types, by the ends of names. Anything else is plain text.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2",
}

// load reads every file of both trees, by the path that it is served at.
func load(static, assets fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	for prefix, tree := range map[string]fs.FS{"/static/": static, "/webasset/": assets} {
		if tree == nil {
			continue
		}
		err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			hash := sha256.Sum256(data)
			kind, ok := kinds[path.Ext(name)]
			if !ok {
				kind = "text/plain; charset=utf-8"
			}
			files[prefix+name] = &file{data: data, kind: kind, etag: `"` + hex.EncodeToString(hash[:12]) + `"`}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the page's files: %w", err)
		}
	}
	return files, nil
}

// static and asset serve files as they are.
func (s *Server) static(w http.ResponseWriter, r *http.Request, _ *session) { s.file(w, r) }
func (s *Server) asset(w http.ResponseWriter, r *http.Request, _ *session)  { s.file(w, r) }

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	f := s.files[r.URL.Path]
	if f == nil || strings.HasSuffix(r.URL.Path, ".html") { // a page needs its nonce, which only / gives
		refuse(w, http.StatusNotFound, "There is no such file.")
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag)
	h.Set("Content-Type", f.kind)
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(f.data)
}
