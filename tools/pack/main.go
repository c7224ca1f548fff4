package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: go run ./tools/pack COMMAND

  version                     print the version of task/task.json
  check                       check versions, task.json, vss-extension.json and icons
  resource [-publisher NAME]  print an object file with the version resource of the Windows program
  private -publisher NAME -stage DIR
                              give the staged task the ID that it has in the package of another publisher
  signed PROGRAM...           check that programs for Windows carry a signature
  notices BINARY...           print the notices of every module that is linked into the binaries
  sbom SBOM BINARY...         check that the bill of materials names every module of the binaries
  finish -stage DIR -in RAW -out VSIX
                              check the package that tfx wrote and write it again, reproducibly
  unpack -in VSIX -out DIR    unpack a package with its run bits
  notes-of-release            print what CHANGELOG.md says of the newest version
  date DAY                    give the newest version of CHANGELOG.md its date
  archives -stage DIR -version VERSION -out DIR
                              pack the programs of DIR one by one, for people, and print the files' names
  sums FILE...                print SHA-256 sums
`

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		_, _ = fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) == 0 {
		_, _ = io.WriteString(stdout, usage)
		return flag.ErrHelp
	}
	command, args := args[0], args[1:]
	switch command {
	case "version":
		version, err := taskVersion(os.DirFS("."))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, version)
		return err
	case "check":
		return check(os.DirFS("."))
	case "resource":
		flags := flag.NewFlagSet("resource", flag.ContinueOnError)
		publisher := flags.String("publisher", "", "whose package it is, instead of the manifest's publisher")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return resource(stdout, os.DirFS("."), *publisher)
	case "private":
		flags := flag.NewFlagSet("private", flag.ContinueOnError)
		publisher := flags.String("publisher", "", "whose package it is")
		stage := flags.String("stage", "", "folder that is packed")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return private(*stage, *publisher, stdout)
	case "signed":
		var f faults
		for _, name := range args {
			if err := signed(name); err != nil {
				f = append(f, err)
			}
		}
		return errors.Join(f...)
	case "notices":
		return notices(stdout, args)
	case "sbom":
		if len(args) < 2 {
			return errors.New("sbom needs a bill of materials and binaries")
		}
		return checkSBOM(args[0], args[1:])
	case "finish":
		o := finishOptions{limit: sizeLimit}
		flags := flag.NewFlagSet("finish", flag.ContinueOnError)
		flags.StringVar(&o.stage, "stage", "", "folder that was packed")
		flags.StringVar(&o.in, "in", "", "package that tfx wrote")
		flags.StringVar(&o.out, "out", "", "package to write")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return finish(o, stdout)
	case "unpack":
		flags := flag.NewFlagSet("unpack", flag.ContinueOnError)
		in := flags.String("in", "", "package to read")
		out := flags.String("out", "", "folder to write into")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return unpack(*in, *out)
	case "notes-of-release":
		text, err := notesOfRelease(os.DirFS("."))
		if err != nil {
			return err
		}
		_, err = io.WriteString(stdout, text)
		return err
	case "date":
		if len(args) != 1 {
			return errors.New("date needs a day")
		}
		return setDate(changelogFile, args[0])
	case "archives":
		var o archiveOptions
		flags := flag.NewFlagSet("archives", flag.ContinueOnError)
		flags.StringVar(&o.stage, "stage", "", "folder that was packed")
		flags.StringVar(&o.version, "version", "", "version in the files' names")
		flags.StringVar(&o.out, "out", "", "folder to write into")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return archives(o, stdout)
	case "sums":
		return sums(stdout, args)
	default:
		return fmt.Errorf("unknown command %q\n%s", command, usage)
	}
}
