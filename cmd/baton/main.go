// Command baton is the shipped trader: every verb of package cli with the strategies of package strategy.
package main

import (
	"os"

	"baton/cli"
	"baton/strategy"
)

func main() { os.Exit(cli.Main(strategy.All()...)) }
