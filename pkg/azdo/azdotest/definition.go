package azdotest

import "net/http"

type wireDefinition struct {
	Drafts      []string    `json:"drafts"`
	ID          int         `json:"id"`
	Name        string      `json:"name"`
	URL         string      `json:"url"`
	URI         string      `json:"uri"`
	Path        string      `json:"path"`
	Type        string      `json:"type"`
	QueueStatus string      `json:"queueStatus"`
	Revision    int         `json:"revision"`
	Project     wireProject `json:"project"`
}

func (s *Server) wireDefinition(p *Project, d *Pipeline) wireDefinition {
	return wireDefinition{
		Drafts: []string{}, ID: d.ID, Name: d.Name, URL: s.base + "/" + p.ID + "/_apis/build/Definitions/" + itoa(d.ID) + "?revision=2",
		URI: "vstfs:///Build/Definition/" + itoa(d.ID), Path: `\`, Type: "build", QueueStatus: d.QueueStatus, Revision: 2, Project: s.wireProject(p),
	}
}

func (s *Server) listDefinitions(c *call) answer {
	var items [][]byte
	for _, d := range c.project.Pipelines {
		if oneOf(c.param("definitionIds"), itoa(d.ID)) && equalOrBlank(c.param("name"), d.Name) {
			items = append(items, s.encode(s.wireDefinition(c.project, d), d.Raw))
		}
	}
	return pageByToken(c, items, s.world.Pages.Pipelines, listOf)
}

func (s *Server) getDefinition(c *call) answer {
	for _, d := range c.project.Pipelines {
		if itoa(d.ID) == c.values["definition"] {
			return ok(s.encode(s.wireDefinition(c.project, d), d.Raw))
		}
	}
	return refuse(http.StatusNotFound, "DefinitionNotFoundException", "VS800016: The requested definition "+c.values["definition"]+" could not be found.")
}
