//go:build !unix

package app

import "io/fs"

// mine: these systems keep each user's temporary folder to that user.
func mine(fs.FileInfo) bool { return true }
