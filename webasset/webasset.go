// Package webasset holds the browser libraries of the page: files of npm packages, byte for byte, at the versions of LOCK, each with
// its licence. It owns no state and changes nothing; ui/web serves the files, and the import map of its index.html names them.
//
// A library is brought up to date by copying its files anew and writing their lines in LOCK; the script check compares all of them
// with what the registry hands out.
package webasset

import (
	"embed"
	"io/fs"
)

//go:embed LOCK all:npm
var files embed.FS

// Files is the libraries, at NAME/PATH as in their packages (preact/dist/preact.mjs). Read-only.
func Files() fs.FS {
	libraries, err := fs.Sub(files, "npm")
	if err != nil {
		return files // cannot be: "npm" is a valid path
	}
	return libraries
}

// Lock is the text of LOCK: a line a file, "name version sha256 path", and comments that begin with #.
func Lock() string {
	text, err := files.ReadFile("LOCK")
	if err != nil {
		return "" // cannot be: it is embedded
	}
	return string(text)
}
