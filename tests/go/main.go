// Logs in as Go programs do, then asks Keystone for its projects with that token, once a second:
//
//	gophercloud environment|clientconfig SECONDS
//
// `environment` is gophercloud's AuthOptionsFromEnv, `clientconfig` what Terraform's provider and Packer build on. Prints
// the names of the projects of each answer in a line.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack"
	"github.com/gophercloud/utils/openstack/clientconfig"
)

func options(way string) (*gophercloud.AuthOptions, error) {
	if way == "clientconfig" {
		return clientconfig.AuthOptions(&clientconfig.ClientOpts{})
	}
	options, err := openstack.AuthOptionsFromEnv()
	return &options, err
}

func run(way string, seconds int) error {
	options, err := options(way)
	if err != nil {
		return err
	}
	options.AllowReauth = true
	provider, err := openstack.AuthenticatedClient(*options)
	if err != nil {
		return err
	}
	identity, err := openstack.NewIdentityV3(provider, gophercloud.EndpointOpts{})
	if err != nil {
		return err
	}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for {
		var answer struct{ Projects []struct{ Name string } }
		if _, err := identity.Get(identity.ServiceURL("auth", "projects"), &answer, nil); err != nil {
			return err
		}
		var names []string
		for _, project := range answer.Projects {
			names = append(names, project.Name)
		}
		fmt.Println(strings.Join(names, " "))
		if !time.Now().Before(end) {
			return nil
		}
		time.Sleep(time.Second)
	}
}

func main() {
	seconds, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = run(os.Args[1], seconds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
