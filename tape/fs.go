package tape

import "io"

// FS is one flat folder. Names hold no separator. What a method returns is durable only after the Sync that its comment
// names.
type FS interface {
	// Open opens an existing file, to read it from its beginning and to append at its end.
	Open(name string) (File, error)
	// Create makes an empty file; it is an error where one of the name exists.
	Create(name string) (File, error)
	// Rename gives a file another name, durable after FS.Sync; it replaces a file of that name.
	Rename(from, to string) error
	// Remove deletes a file, durable after FS.Sync.
	Remove(name string) error
	// Sync makes the folder durable: which names there are, not what the files hold.
	Sync() error
	// List is the names in the folder, sorted.
	List() ([]string, error)
}

// File is one open file. Read goes on from the beginning, Write always appends.
type File interface {
	io.ReadWriteCloser
	// Truncate cuts the file to size bytes, durable after Sync.
	Truncate(size int64) error
	// Sync makes what was written durable.
	Sync() error
}
