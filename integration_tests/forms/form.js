// Turns a specification with Airbyte's keywords into a form of the form library.
import React from "react";
import { createRoot } from "react-dom/client";
import Form, { getDefaultRegistry } from "@rjsf/core";
import validator from "@rjsf/validator-ajv8";

// Airbyte's forms let no user add members, whatever the schema allows.
function shown(schema) {
  if (Array.isArray(schema)) return schema.map(shown);
  if (schema === null || typeof schema !== "object") return schema;
  const entries = Object.entries(schema).filter(([name]) => name !== "additionalProperties");
  return Object.fromEntries(entries.map(([name, part]) => [name, shown(part)]));
}

// Airbyte shows the tags in descriptions as what they mean.
const Description = ({ id, description }) =>
  description ? React.createElement("p", { id, className: "text-muted", dangerouslySetInnerHTML: { __html: description } }) : null;

function widget(schema) {
  if ("const" in schema || schema.airbyte_hidden) return { "ui:widget": "hidden" };
  if (schema.airbyte_secret) return { "ui:widget": "password" };
  if (schema.multiline) return { "ui:widget": "textarea" };
  return {};
}

function members(properties = {}) {
  const order = ([, schema]) => schema.order ?? Number.MAX_SAFE_INTEGER;
  const sorted = Object.entries(properties).sort((one, other) => order(one) - order(other));
  return { ...Object.fromEntries(sorted.map(([name, schema]) => [name, looks(schema)])), "ui:order": [...sorted.map(([name]) => name), "*"] };
}

function looks(schema) {
  const nested = schema.type === "object" ? members(schema.properties) : {};
  const choice = schema.oneOf ? { oneOf: schema.oneOf.map(looks), ...Object.assign({}, ...schema.oneOf.map((each) => members(each.properties))), "ui:order": undefined } : {};
  const rows = schema.items && !Array.isArray(schema.items) ? { items: looks(schema.items) } : {};
  return { ...widget(schema), ...nested, ...choice, ...rows };
}

// Airbyte shows the groups of the top level as cards, in the order of `groups`.
const grouped = (spec, Plain) => (props) => {
  if (props.idSchema.$id !== "root") return React.createElement(Plain, props);
  const { properties, groups } = spec.connectionSpecification;
  return groups.map(({ id, title }) => React.createElement("section", { key: id, className: "panel panel-default", "data-group": id },
    React.createElement("div", { className: "panel-heading" }, React.createElement("h3", { className: "panel-title" }, title)),
    React.createElement("div", { className: "panel-body" }, props.properties.filter(({ name }) => properties[name]?.group === id).map(({ content }) => content))));
};

window.show = (spec) => {
  const schema = shown(spec.connectionSpecification);
  window.submitted = null;
  window.refused = null;
  const props = {
    schema: { ...schema, $schema: undefined, title: undefined },
    uiSchema: { ...looks(spec.connectionSpecification), "ui:submitButtonOptions": { submitText: "Set up" } },
    validator,
    templates: { DescriptionFieldTemplate: Description, ObjectFieldTemplate: grouped(spec, getDefaultRegistry().templates.ObjectFieldTemplate) },
    noHtml5Validate: true,
    onSubmit: ({ formData }) => { window.submitted = formData; },
    onError: (errors) => { window.refused = errors.map((error) => error.property ?? error.stack); },
  };
  createRoot(document.getElementById("form")).render(React.createElement(Form, props));
};
